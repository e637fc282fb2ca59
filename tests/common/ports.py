"""Ports for servers that cannot be told to take any, as port 0 would."""
import socket


def reserved_port():
    """A socket bound to a free port of 127.0.0.1: nobody else is given that port while it is open.

    A server that sets SO_REUSEADDR can listen there all the same. (socket(7))"""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    return s

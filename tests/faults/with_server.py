#!/usr/bin/env python3
"""Run a command with a fault server and the SDKs' variables set for it: with_server.py SERVER COMMAND..."""

import os
import subprocess
import sys

from server import FaultServer


def main(program, *command):
    server = FaultServer(program)
    try:
        bare = {k: v for k, v in os.environ.items() if not k.startswith(('AWS_', 'OPS_'))}
        return subprocess.run(command, env=bare | server.environment() |
                              {'FAULT_SERVER': server.url}, check=False).returncode
    finally:
        server.stop()


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))

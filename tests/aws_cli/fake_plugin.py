#!/usr/bin/env python3
"""Stands in for session-manager-plugin, which is in no registry: takes what it is given as the real one does,
and runs here what ECS was asked to run there, between the lines that the real one prints.

It finds the command at moto's door (PLUGIN_DOOR), and writes what it was called with into PLUGIN_LOG.
PLUGIN_VERSION is its version; PLUGIN_CUT is how many bytes of the output come before the session breaks off;
PLUGIN_PIECE is how many are written at once.
"""
import json
import os
import shlex
import subprocess
import sys
import urllib.request

if sys.argv[1:] == ["--version"]:
    print(os.environ.get("PLUGIN_VERSION", "1.2.650.0"))
    sys.exit(0)

name, region, operation, profile, target, endpoint = sys.argv[1:]
session = json.loads(os.environ[name])
with open(os.environ["PLUGIN_LOG"], "w") as log:
    json.dump({"argv": sys.argv[1:], "session": session, "stdin": os.isatty(0), "stdout": os.isatty(1)}, log)

with urllib.request.urlopen(os.environ["PLUGIN_DOOR"] + "/_test/calls") as answer:
    command = [c for c in json.load(answer) if c["action"] == "ExecuteCommand"][-1]["params"]["command"]
try:
    done = subprocess.run(shlex.split(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    output = done.stdout.replace(b"\n", b"\r\n")  # there is a terminal at the other end
except FileNotFoundError as e:
    output = f"Unable to start command: {e.filename}: no such file\r\n".encode()

out = sys.stdout.buffer
out.write(f"\nStarting session with SessionId: {session['sessionId']}\n".encode())
out.flush()
cut, piece = int(os.environ.get("PLUGIN_CUT", len(output))), int(os.environ.get("PLUGIN_PIECE", 1))
for i in range(0, cut, piece):
    out.write(output[i:min(i + piece, cut)])
    out.flush()
if cut < len(output):
    sys.exit(1)
out.write(f"\n\nExiting session with sessionId: {session['sessionId']}.\n\n".encode())

#!/usr/bin/env python3
"""Runs a program and writes its peak memory in KiB to a file.

usage: peak.py FILE COMMAND [ARGUMENT...]
"""

import resource
import subprocess
import sys


def main() -> int:
    path, *command = sys.argv[1:]
    status = subprocess.run(command, check=False).returncode
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    with open(path, "w", encoding="utf-8") as file:
        print(peak, file=file)
    return status


sys.exit(main())

"""Runs a command and leaves the most resident memory that it had, in bytes, in FOLDER/RANK.

Usage: memory_of.py FOLDER COMMAND..."""

import os
import resource
import subprocess
import sys
from pathlib import Path

code = subprocess.run(sys.argv[2:]).returncode
rank = os.environ.get("OMPI_COMM_WORLD_RANK", "0")
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
Path(sys.argv[1], rank).write_text(str(peak))
sys.exit(code)

"""Runs one slave by its name: `python nodes/slave.py --name Apex_Slave_01`, from any directory."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import first_start

first_start.check_python()

if __name__ == "__main__":
    first_start.ensure(ROOT, "run")
    from nodes.life import run

    sys.exit(run("SLAVE", sys.argv[1:]))

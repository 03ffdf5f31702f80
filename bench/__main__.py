"""Measures the product: `python -m bench path`, from the folder of the product."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import first_start  # noqa: E402 - found only once the path is set

first_start.check_python()

if __name__ == "__main__":
    first_start.ensure(ROOT, "run")
    from bench.cli import main

    sys.exit(main(sys.argv[1:]))

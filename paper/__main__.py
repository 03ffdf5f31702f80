"""`python -m paper`: the broker alone for a person, or one state folder for the product.

Where the packages it needs are missing, it gets into the launcher's environment, or says how.
"""

import sys
from pathlib import Path

import first_start

first_start.check_python()

try:
    from paper.typed.command_line import main
except ModuleNotFoundError:
    first_start.ensure(Path(__file__).resolve().parent.parent)
    raise

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

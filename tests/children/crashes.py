"""A child that ends at once, with a last word."""

import sys

sys.stdout.write("cannot_run: no such terminal" + "\n")
sys.stdout.flush()
sys.exit(3)

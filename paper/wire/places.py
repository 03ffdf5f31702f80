"""Where a broker that was started alone is found by scripts that were told nothing."""

from typing import Final

ALONE_HOST: Final = "127.0.0.1"
ALONE_PORT: Final = 27_119
"""Another than the product's own broker has, so that both can run."""

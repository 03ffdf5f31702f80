"""Which documents match, and in which order."""

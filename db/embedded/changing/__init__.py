"""A document and an update -> the next document."""

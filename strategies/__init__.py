"""Signal sources that are code instead of a person's terminal (none yet)."""

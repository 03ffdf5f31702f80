"""One file per command a person types."""

"""The MongoDB wire protocol over one SQLite file."""

"""The whole database as one file, and from one database into another."""

"""Starts the nodes, watches them, hands on settings and commands."""

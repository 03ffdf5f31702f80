"""Brings every leg where its master's position is, whatever happened in between."""

"""Loops: they own input, output and the order of actions, and hold no trading rule."""

"""Bars and ticks that scripts ask for; loaded with the first such call, because numpy is heavy."""

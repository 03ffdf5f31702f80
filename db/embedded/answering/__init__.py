"""What clients may ask: commands, their fields, their replies."""

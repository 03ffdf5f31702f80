"""What becomes of what a master said: gathered, decided, opened."""

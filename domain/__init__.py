"""Nouns: immutable values everyone agrees on."""

"""A broker in a box: its own protocol, its own store, no code of the copier's."""

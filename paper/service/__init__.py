"""The broker's process: sockets, store, tape, one session per client."""

"""Values over ZeroMQ."""

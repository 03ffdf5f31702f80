"""What client and server agree on: frames, fields, group filter."""

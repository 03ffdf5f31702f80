"""A master's eyes and voice: what its terminal shows that was not told yet, and the telling."""

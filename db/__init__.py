"""Memory across restarts."""

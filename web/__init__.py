"""REST, WebSocket and pages (none yet)."""

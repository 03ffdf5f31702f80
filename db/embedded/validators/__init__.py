"""What a collection demands of its documents, and why one is refused."""

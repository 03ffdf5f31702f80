"""Collections in memory: documents as bytes, indexes over them, histories kept short."""

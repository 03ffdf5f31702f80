"""`$jsonSchema`: its keywords, and what they find wrong."""

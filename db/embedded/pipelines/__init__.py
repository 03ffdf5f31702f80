"""What becomes of documents on their way out: stages, groups, projections."""

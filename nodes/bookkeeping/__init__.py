"""What a slave remembers and answers: legs, intents, progress and verdicts."""

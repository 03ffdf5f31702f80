"""Clock, randomness, logging set-up, operating-system signals; knows nothing of ours."""

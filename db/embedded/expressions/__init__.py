"""Expressions of pipelines: operators on numbers, texts, arrays and dates."""

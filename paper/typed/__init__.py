"""What a person types after `python -m paper`; `paper/typed/words.py` is the table."""

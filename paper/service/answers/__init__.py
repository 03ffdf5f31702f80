"""MetaTrader's calls, one function each, by topic; `paper/service/answering.py` is their table."""

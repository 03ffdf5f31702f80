"""The brokers there are; `paper/broker/profiles/by_name.py` is their list."""

"""The client module as a wheel named MetaTrader5; `paper/packaging/wheel.py` writes it."""

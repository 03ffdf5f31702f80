"""The inside of the client module: what a script gets that imports MetaTrader5."""

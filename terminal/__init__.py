"""The only door to MetaTrader 5, or to anything that speaks its Python API."""

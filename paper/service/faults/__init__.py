"""What goes wrong on purpose: rules that say which calls, how often, and what happens to them."""

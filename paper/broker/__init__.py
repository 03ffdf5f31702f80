"""The broker without sockets, clocks or files: state, rules, money."""

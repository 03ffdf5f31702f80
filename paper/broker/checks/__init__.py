"""Why an order is refused; `paper/broker/checks/in_order.py` says in which order it is asked."""

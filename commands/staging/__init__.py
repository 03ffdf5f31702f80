"""What demo and drill both stand on: a world of their own, its processes, its ticks, its books."""

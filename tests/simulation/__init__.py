"""The production code of a whole swarm in one process, with simulated time, network and faults."""

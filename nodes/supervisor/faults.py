"""What keeps the whole swarm from starting."""


class HostFault(Exception):  # noqa: N818 - it says what happened
    """A fault of this machine, or of all accounts together; the text says what to do."""

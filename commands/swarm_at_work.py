"""Whether a launcher is at work on this machine's swarm, and where it hears orders."""

from config import Config
from nodes.supervisor import pid_file
from utils.os_signals import born


def launcher_runs(config: Config) -> bool:
    """Whether a launcher is at work on this state folder."""
    found = pid_file.read(config.state)
    return found is not None and born(found.supervisor.pid) == found.supervisor.birth


def control_address(config: Config) -> str:
    """Where the launcher hears orders; empty where none runs."""
    found = pid_file.read(config.state)
    return found.supervisor.control if found is not None and launcher_runs(config) else ""

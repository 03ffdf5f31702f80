"""The two sample accounts, a slave beside them, and how long a test waits for what."""

from typing import Final

MASTER: Final = "FTMO_Master"
SLAVE: Final = "Apex_Slave_01"
OTHER: Final = "Other_Slave"
"""Whom nobody has seen before a test adds it."""

READY_WITHIN_S: Final = 30
"""From the start of a process, or of a whole swarm, until its node says that it is ready."""
COPIED_WITHIN_S: Final = 15
"""From what the master's trader did until the slave's verdict."""
ENDED_WITHIN_S: Final = 10
"""A process that was killed, or a launcher that was asked to stop."""

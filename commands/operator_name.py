"""Who types: the name that is kept with orders and edits."""

import getpass


def operator_name() -> str:
    """The user of this system; `operator` where it does not know one."""
    try:
        return getpass.getuser().replace(",", " ")  # what follows a comma says by which command
    except (OSError, KeyError, ImportError):
        return "operator"

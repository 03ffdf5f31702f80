"""Fresh copies of the client module: each test gets a process-start state of its own."""

import importlib.util
from pathlib import Path
from types import ModuleType

from paper import client


def fresh_client() -> ModuleType:
    """The client as if just imported: nobody connected, last_error untouched."""
    spec = importlib.util.spec_from_file_location("fresh_client", Path(client.__file__))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

"""One server and one mongosh for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.contract.mongosh.shell import Shell, installed
from tests.embedded_server import EmbeddedServer


@pytest.fixture(scope="package")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return installed(tmp_path_factory.mktemp("mongosh"))


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path_factory.mktemp("embedded")) as server:
        yield server

"""Files that only remember: one that cannot be written ends nothing, and is written later."""

from pathlib import Path

import pytest

from db.embedded.address import FILE, read_address
from db.remembered import DatabaseFault, recall
from nodes.supervisor.atomic import KeptFile
from nodes.supervisor.memory import AccountMemory
from nodes.supervisor.pid_file import RunFile, SupervisorEntry, read
from nodes.supervisor.recording import Recorder
from nodes.supervisor.showing import swarm_view
from paper.address import ADDRESS_FILE, published
from tests.unit.nodes.supervisor.told_crew import MASTER, SLAVE, Swarm


def in_the_way(path: Path) -> Path:
    """A folder where the fresh file would be: no content fits, as on a full disk."""
    blocking = path.with_suffix(".json.new")
    blocking.mkdir(parents=True)
    return blocking


def test_what_could_not_be_written_is_written_as_soon_as_it_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "run" / "nodes.json"
    kept, blocking = KeptFile(path), in_the_way(path)
    for content in (b"1", b"1", b"2"):
        kept.keep(content)
    assert not path.exists()
    assert [record.getMessage() for record in caplog.records] == ["file_not_kept"]
    blocking.rmdir()
    kept.keep(b"2")
    assert path.read_bytes() == b"2"


def test_law_7_a_full_disk_does_not_end_the_launcher(tmp_path: Path) -> None:
    """It follows documents, and starts nodes, without a word on the disk."""
    nodes, documents = (tmp_path / "run" / name for name in ("nodes.json", "accounts.json"))
    blocked = [in_the_way(path) for path in (nodes, documents)]
    swarm = Swarm(tmp_path)
    recorder = Recorder(tmp_path, swarm.line, SupervisorEntry(pid=1, birth=1.0))

    def goes_on() -> None:
        swarm.sees(MASTER, SLAVE)
        view = swarm_view(swarm.crew, swarm.roster.judgement, "", "")
        recorder.keep(view, swarm.crew, (), swarm.now)

    goes_on()
    assert [name for name, _ in swarm.started] == ["FTMO_Master"]
    for blocking in blocked:
        blocking.rmdir()
    goes_on()
    written = read(tmp_path)
    assert isinstance(written, RunFile)
    assert set(written.nodes) == {"FTMO_Master"}
    assert documents.exists()


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"name', id="cut"),
        pytest.param(b'{"\xc4pfel": {}}', id="saved in another encoding"),
        pytest.param(b'{"a":' * 5_000, id="nested without end"),
    ],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "run").mkdir()
    for name in ("nodes.json", "accounts.json"):
        (tmp_path / "run" / name).write_bytes(damaged)
    for name in ("database.json", ADDRESS_FILE, FILE):
        (tmp_path / name).write_bytes(damaged)
    assert read(tmp_path) is None
    assert AccountMemory(tmp_path).documents == {}
    assert published(tmp_path) is None
    assert read_address(tmp_path) is None
    with pytest.raises(DatabaseFault, match="Restore the file"):
        recall(tmp_path)

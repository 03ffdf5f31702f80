"""A folder that can be written is there, or the person reads which setting names it."""

import errno
from pathlib import Path

import pytest

from nodes import lease
from utils.folders import FolderFault, make_writable


class OnFullDisk(type(Path())):  # type: ignore[misc]
    """A path on a disk that takes no more bytes; folders and empty files it still takes."""

    def write_bytes(self, data: bytes) -> int:
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    def write_text(self, *_data: object, **_options: object) -> int:
        return self.write_bytes(b"")


def test_a_folder_is_made_and_nothing_of_the_trial_stays(tmp_path: Path) -> None:
    make_writable(tmp_path / "a" / "b", "MURMURATION_STATE")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(FolderFault, match="MURMURATION_STATE"):
        make_writable(tmp_path / "a" / "b", "MURMURATION_STATE")


@pytest.mark.history(39)
def test_law_5_a_full_disk_keeps_no_node_from_starting(tmp_path: Path) -> None:
    make_writable(OnFullDisk(tmp_path), "MURMURATION_STATE")
    assert list(tmp_path.iterdir()) == []
    lease._sign(OnFullDisk(tmp_path / "account.lock"))

"""Files appear whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from schedcore.errors import InputError
from schedcore.io import atomic
from schedcore.io.atomic import atomic_open, atomic_write_bytes, atomic_write_text, check_writable


def test_text_and_bytes_arrive(tmp_path: Path) -> None:
    atomic_write_text(tmp_path / "a.txt", "grün\n")
    assert (tmp_path / "a.txt").read_bytes() == "grün\n".encode()
    atomic_write_bytes(tmp_path / "a.bin", b"\x00\xff")
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\xff"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bin", "a.txt"]


def test_failure_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def write() -> None:
        with atomic_open(target) as file:
            file.write("half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_nothing_is_visible_before_the_end(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with atomic_open(target) as file:
        file.write("new")
        file.flush()
        assert not target.exists()
    assert target.read_text() == "new"


def test_permissions_of_the_old_file_are_kept_and_new_ones_follow_the_umask(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.touch()
    old.chmod(0o640)
    atomic_write_text(old, "x")
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    mask = os.umask(0o027)
    try:
        atomic_write_text(tmp_path / "new", "x")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "folder" / "real.txt")
    atomic_write_text(link, "x")
    assert link.is_symlink()
    assert (tmp_path / "folder" / "real.txt").read_text() == "x"


def test_name_as_long_as_the_system_allows(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 255)
    atomic_write_text(target, "x")
    assert target.read_text() == "x"


def test_mode_must_be_for_writing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mode must be 'w' or 'wb', not 'a'"), atomic_open(tmp_path / "a", "a"):
        pass


def test_open_temporary_files_can_be_removed_before_a_hard_end(tmp_path: Path) -> None:
    def write() -> None:
        with atomic_open(tmp_path / "a.txt") as file:
            file.write("x")
            atomic.remove_temporary_files()
            assert list(tmp_path.iterdir()) == []

    with pytest.raises(FileNotFoundError):
        write()
    assert not atomic._open_files


def test_writable_place_passes_and_stays_empty(tmp_path: Path) -> None:
    assert check_writable(tmp_path / "a.json") == tmp_path / "a.json"
    assert list(tmp_path.iterdir()) == []


def test_folder_as_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder.*name a file in it"):
        check_writable(tmp_path)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist.*mkdir -p"):
        check_writable(tmp_path / "no" / "a.json", where="--out")


def test_file_as_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is not a folder"):
        check_writable(tmp_path / "file" / "a.json")


def test_place_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *args: object, **options: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(InputError, match="cannot write to .*Read-only file system"):
        check_writable(tmp_path / "a.json")

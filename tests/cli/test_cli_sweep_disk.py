"""``sched sweep`` on disks that are full or cannot be written; on small file systems of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from schedcore.experiments.store import Store

WORDS = ("jssp", "solver=spt,mwkr", "instance=ft06,la01", "time_limit_s=1", "--backend", "inline")


@pytest.fixture
def disk(tmp_path):
    """Mount a file system in memory of a megabyte or more; mounting again changes it."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(*options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "sched-test", str(place)]
        if "remount" in options:
            command = ["mount", "-o", ",".join(options), str(place)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"file systems cannot be mounted here: {error}")
        return place

    yield mount
    subprocess.run(["umount", str(place)], check=False, capture_output=True)


def test_full_disk_ends_the_sweep_with_the_way_back(sched, disk, monkeypatch) -> None:
    place = disk("size=1200k")
    monkeypatch.chdir(place)
    ran = sched("sweep", *WORDS, "--seeds", "100", "--out", "r")
    assert ran.code == 1, ran.err
    assert "the disk is full; what was stored before is safe" in ran.err
    assert "make room and continue;  sched sweep --resume r" in ran.err
    with Store.read(place / "r") as store:
        done = store.statuses()["done"]
        assert 0 < done < 400
        assert len(store.records()) == done
    disk("remount", "size=60m")
    ran = sched("sweep", "--resume", "r", "--json")
    assert ran.code == 0, ran.err
    assert (ran.json()["data"]["resumed"], ran.json()["data"]["ran"]) == (done, 400 - done)


def test_a_run_that_cannot_be_written_is_told_and_can_be_read(sched, disk, monkeypatch) -> None:
    place = disk("size=20m")
    monkeypatch.chdir(place)
    assert sched("sweep", *WORDS, "--out", "r").code == 0
    disk("remount", "ro")
    ran = sched("sweep", *WORDS, "--seeds", "2", "--out", "r")
    assert (ran.code, "cannot use the folder: Read-only file system" in ran.err) == (2, True), ran.err
    with Store.read(place / "r") as store:
        assert store.statuses()["done"] == 4

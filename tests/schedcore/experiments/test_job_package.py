"""What travels with a job: the code, the plan, the user's files; and the results back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from schedcore.errors import FormatError, InputError, SchedError
from schedcore.experiments import job_package
from schedcore.experiments.job_package import build_wheel, files_of, pack, stage, unpack


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder that looks like that of a run."""
    folder = tmp_path / "runs" / "demo"
    (folder / "artifacts" / "k1").mkdir(parents=True)
    (folder / "artifacts" / "k1" / "schedule.json").write_text("{}\n", encoding="utf-8")
    (folder / "sweep.json").write_text('{"name": "demo"}', encoding="utf-8")
    (folder / "lock").write_text("me", encoding="utf-8")
    (folder / "job.json").write_text("{}", encoding="utf-8")
    (folder / "half.tmp").touch()
    with sqlite3.connect(folder / "results.sqlite") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE trial (key TEXT)")
        database.execute("INSERT INTO trial VALUES ('k1')")
    database.close()
    return folder


def keys(run: Path) -> list[str]:
    database = sqlite3.connect(run / "results.sqlite")
    try:
        return [key for (key,) in database.execute("SELECT key FROM trial")]
    finally:
        database.close()


def test_a_run_comes_through_as_it_was_without_what_speaks_of_this_machine(run: Path, tmp_path: Path) -> None:
    there = tmp_path / "there" / "demo"
    unpack(pack(run), there)
    assert sorted(file.relative_to(there).as_posix() for file in there.rglob("*") if file.is_file()) == [
        "artifacts/k1/schedule.json",
        "results.sqlite",
        "sweep.json",
    ]
    assert keys(there) == ["k1"]


def test_a_run_is_packed_while_a_driver_writes(run: Path, tmp_path: Path) -> None:
    writer = sqlite3.connect(run / "results.sqlite", isolation_level=None)
    writer.execute("INSERT INTO trial VALUES ('k2')")  # in the write-ahead log only
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO trial VALUES ('k3')")  # not committed
    text = pack(run)
    writer.execute("COMMIT")
    writer.close()
    unpack(text, tmp_path / "there")
    assert keys(tmp_path / "there") == ["k1", "k2"]


def test_what_is_there_is_replaced_as_a_whole(run: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "old").touch()
    unpack(pack(run), there)
    assert not (there / "old").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".sched")] == []


@pytest.mark.parametrize("change", [lambda t: t[: len(t) // 2], lambda t: "x" + t, lambda t: "", lambda t: "a\nb!\n"])
def test_half_an_archive_changes_nothing(run: Path, tmp_path: Path, change: Any) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "old").touch()
    with pytest.raises(FormatError, match="did not arrive whole"):
        unpack(change(pack(run)), there)
    assert (there / "old").exists()


def test_the_wheel_is_unpacked_beside_the_run_and_the_users_files(run: Path, tmp_path: Path) -> None:
    mine = tmp_path / "my_rules.py"
    mine.write_text("x = 1\n", encoding="utf-8")
    data = tmp_path / "instances"
    (data / "__pycache__").mkdir(parents=True)
    (data / "a.txt").touch()
    folder = tmp_path / "job"
    folder.mkdir()
    stage(folder, run, {"my_rules.py": mine, "given/instances": data})
    assert (folder / "schedcore" / "_configs" / ".sched-configs").is_file()
    assert (folder / "jssp" / "domain.py").is_file()
    assert len(list(folder.glob("sched_research-*.dist-info/entry_points.txt"))) == 1
    assert keys(folder / "runs" / "demo") == ["k1"]
    assert (folder / "my_rules.py").read_text(encoding="utf-8") == "x = 1\n"
    assert [path.name for path in (folder / "given" / "instances").iterdir()] == ["a.txt"]
    # The domains register from there, without an installation: this is what nodes do.
    code = "from schedcore.registry import domain_names; import schedcore; print(schedcore.__file__, domain_names())"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": "."}, check=True
    )
    assert str(folder) in answer.stdout
    assert "jssp" in answer.stdout


def test_files_that_cannot_be_sent_are_refused(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("schedcore/__init__.py", "")
    monkeypatch.setattr(job_package, "build_wheel", lambda folder: wheel)
    with pytest.raises(InputError, match="does not exist"):
        stage(tmp_path / "a", run, {"none": tmp_path / "none"})
    with pytest.raises(InputError, match="'schedcore' is a name of this project"):
        stage(tmp_path / "b", run, {"schedcore": tmp_path})
    monkeypatch.setattr(job_package, "_MOST_MB", -1)
    with pytest.raises(InputError, match="too much to send"):
        stage(tmp_path / "c", run)


def test_an_installed_project_is_packed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    (site / "schedcore").mkdir(parents=True)
    (site / "schedcore" / "x.py").write_text("x = 1\n", encoding="utf-8")

    class File(str):
        def locate(self) -> Path:
            return site / self

    files = [File("schedcore/x.py"), File("../../bin/sched"), File("schedcore/__pycache__/x.pyc")]
    monkeypatch.setattr(job_package, "distribution", lambda name: SimpleNamespace(version="1.2", files=files))
    monkeypatch.setattr(job_package, "__file__", str(site / "schedcore" / "experiments" / "job_package.py"))
    with zipfile.ZipFile(build_wheel(tmp_path)) as wheel:
        assert wheel.namelist() == ["schedcore/x.py"]

    def missing(name: str) -> None:
        raise job_package.PackageNotFoundError(name)

    monkeypatch.setattr(job_package, "distribution", missing)
    with pytest.raises(SchedError, match="neither a clone nor installed"):
        build_wheel(tmp_path)


def test_a_wheel_that_cannot_be_built_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\nbuild-backend = 'nowhere'\n", encoding="utf-8"
    )
    with pytest.raises(SchedError, match="the wheel cannot be built"):
        job_package._built(tmp_path, tmp_path)


def plan(instances: dict[str, Path | None], solver: str = "spt") -> Any:
    loaded = {("jssp", name): SimpleNamespace(origin=origin) for name, origin in instances.items()}
    return SimpleNamespace(loaded=loaded, trials=[SimpleNamespace(solver=solver)])


def test_instance_files_and_own_modules_are_sent_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.txt"
    file.touch()
    (tmp_path / "lab_rules.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    found = files_of(plan({"data/a.txt": file, "ft06": None}, "lab_rules:Mine"), [tmp_path / "a.txt"])
    assert found == {"a.txt": file, "data/a.txt": file, "lab_rules.py": tmp_path / "lab_rules.py"}
    assert files_of(plan({}, "cpsat")) == {}
    assert files_of(plan({}, "jssp.domain:domain")) == {}
    assert files_of(plan({}, "numpy:array")) == {}


@pytest.mark.parametrize("name", ["/home/me/a.txt", "../a.txt", "~/a.txt"])
def test_paths_that_mean_nothing_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="means nothing on the cluster"):
        files_of(plan({name: tmp_path / "a.txt"}))

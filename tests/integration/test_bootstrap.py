"""The set-up script: what it says when something is missing, and that a second run does nothing.

No test here reaches a network: pip never runs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import torch_build  # noqa: E402

sys.path.pop(0)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that the script reads, in a folder with a blank in its name."""
    folder = tmp_path / "a clone"
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def fake_python(folder: Path, name: str, body: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def bootstrap(clone: Path, *words: str, path: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    tools = clone.parent / "tools"
    if not tools.exists():
        # Only what the script needs, so that no real Python is found by accident.
        tools.mkdir()
        for tool in (
            "sh",
            "cat",
            "cksum",
            "dirname",
            "basename",
            "mkdir",
            "rm",
            "sed",
            "mktemp",
            "mv",
            "tail",
            "df",
            "awk",
        ):
            (tools / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
    search = f"{path}{os.pathsep}{tools}" if path else str(tools)
    return subprocess.run(
        ["/bin/sh", str(clone / "scripts" / "bootstrap.sh"), *words],
        env={"PATH": search, "HOME": str(clone.parent), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_missing_python_is_explained(clone: Path) -> None:
    ran = bootstrap(clone)
    assert ran.returncode == 2
    assert "Python 3.11 or newer is needed; found: no python3 at all" in ran.stderr
    assert "apt-get install" in ran.stderr
    assert not (clone / ".venv").exists()


def test_old_python_is_explained(clone: Path, tmp_path: Path) -> None:
    fake_python(tmp_path / "bin", "python3", 'case $1 in --version) echo "Python 3.8.1";; *) exit 1;; esac')
    ran = bootstrap(clone, path=tmp_path / "bin")
    assert ran.returncode == 2
    assert "Python 3.11 or newer is needed; found: Python 3.8.1" in ran.stderr


def test_python_that_was_asked_for_must_be_new_enough(clone: Path) -> None:
    ran = bootstrap(clone, SCHED_PYTHON="/bin/false")
    assert ran.returncode == 2
    assert "SCHED_PYTHON=/bin/false is not a Python 3.11 or newer" in ran.stderr


def test_missing_venv_module_is_explained_and_nothing_remains(clone: Path, tmp_path: Path) -> None:
    body = f'case "$1 $2" in "-m venv"|"-m virtualenv") exit 1;; *) exec "{sys.executable}" "$@";; esac'
    fake_python(tmp_path / "bin", "python3", body)
    ran = bootstrap(clone, path=tmp_path / "bin")
    assert ran.returncode == 2
    assert "its venv module is missing or broken" in ran.stderr
    assert "apt-get install python3-venv" in ran.stderr
    assert not (clone / ".venv").exists()


def test_unknown_choice_of_torch_is_refused(clone: Path) -> None:
    ran = bootstrap(clone, SCHED_TORCH="gpu")
    assert ran.returncode == 2
    assert "SCHED_TORCH is 'gpu'" in ran.stderr
    assert "use cpu, cuda or auto" in ran.stderr


def test_unknown_option_is_refused(clone: Path) -> None:
    ran = bootstrap(clone, "--deev")
    assert ran.returncode == 2
    assert "unknown option '--deev'" in ran.stderr


def test_foreign_folder_is_not_touched(clone: Path) -> None:
    (clone / ".venv").mkdir()
    (clone / ".venv" / "precious").touch()
    ran = bootstrap(clone, SCHED_PYTHON=sys.executable)
    assert ran.returncode == 2
    assert "exists and is no Python environment" in ran.stderr
    assert (clone / ".venv" / "precious").exists()


def stamped(clone: Path, dev: str) -> None:
    """An environment that looks finished."""
    bin_folder = clone / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    fake_python(bin_folder, "python", f'exec "{sys.executable}" "$@"')
    command = "cat pyproject.toml scripts/bootstrap.sh scripts/constraints.txt | cksum"
    hashed = subprocess.run(["/bin/sh", "-c", command], cwd=clone, capture_output=True, text=True, check=True)
    version = ".".join(map(str, sys.version_info[:3]))
    text = f"{hashed.stdout.strip()} torch=cpu root={clone} python={version} dev={dev}"
    (clone / ".venv" / ".sched-stamp").write_text(text)


@pytest.mark.parametrize(("dev", "words"), [("no", ()), ("yes", ()), ("yes", ("--dev",))])
def test_second_run_does_nothing_and_is_quick(clone: Path, dev: str, words: tuple[str, ...]) -> None:
    stamped(clone, dev)
    start = time.monotonic()
    ran = bootstrap(clone, *words, SCHED_TORCH="cpu")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("change", ["dev", "pyproject", "torch", "root", "force"])
def test_what_changed_is_set_up_again(clone: Path, change: str) -> None:
    stamped(clone, "no")
    words, torch = (), "cpu"
    if change == "dev":
        words = ("--dev",)
    elif change == "pyproject":
        (clone / "pyproject.toml").write_text((clone / "pyproject.toml").read_text() + "\n# more\n")
    elif change == "torch":
        torch = "cuda"
    elif change == "root":
        clone = clone.rename(clone.with_name("moved"))
    else:
        words = ("--force",)
    # It goes on to look for a Python, of which there is none here.
    assert "Python 3.11 or newer is needed" in bootstrap(clone, *words, SCHED_TORCH=torch).stderr


def test_range_of_torch_is_read_from_the_project() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert len(re.findall(r'^ *"(torch>[^"]*)",', text, re.MULTILINE)) == 1


@pytest.mark.parametrize(
    ("version", "requirements", "kind"),
    [
        ("2.13.0+cpu", ["nvidia-cublas-cu12"], "cpu"),
        ("2.13.0", ["nvidia-cublas-cu12==12.8; platform_system == 'Linux'"], "cuda"),
        ("2.13.0", ["cuda-toolkit[cublas]==13.0"], "cuda"),
        ("2.13.0+cu128", [], "cuda"),
        ("2.13.0", ["sympy", "networkx"], "cpu"),
    ],
)
def test_kind_of_a_torch_build(version: str, requirements: list[str], kind: str) -> None:
    assert torch_build.kind(version, requirements) == kind
    item = {"metadata": {"name": "torch", "version": version, "requires_dist": requirements}}
    assert torch_build.offered({"install": [item]}) == kind


def test_report_without_torch() -> None:
    assert torch_build.offered({"install": []}) == "none"


def test_unreachable_pages_are_told() -> None:
    assert not torch_build.reachable("no url at all")
    assert not torch_build.reachable("http://127.0.0.1:9/")


def test_scripts_are_plain_posix_shell() -> None:
    for script in ("run.sh", "test.sh", ".ci/run", "scripts/bootstrap.sh"):
        path = ROOT / script
        assert os.access(path, os.X_OK), f"{script} is not executable"
        assert path.read_text().startswith("#!/bin/sh\n")
        subprocess.run(["/bin/sh", "-n", str(path)], check=True)

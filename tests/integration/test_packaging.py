"""The wheel: what is in it, and that it works outside the clone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schedcore", "llmserve", "jssp", "uam", "qnet")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree with the backend that is installed here."""
    pytest.importorskip("hatchling", reason="hatchling is not installed; it is among the development tools")
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=True,
    )
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_five_packages_with_their_type_marks(names: set[str]) -> None:
    for package in PACKAGES:
        assert f"{package}/__init__.py" in names
        assert f"{package}/py.typed" in names
    roots = {name.partition("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == set(PACKAGES)


def test_every_source_file_is_in_it(names: set[str]) -> None:
    for root in (ROOT / "common", ROOT / "packages"):
        for path in root.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".nbi", ".nbc"):
                assert path.relative_to(root).as_posix() in names


def test_configuration_is_copied_into_it(names: set[str]) -> None:
    wanted = {
        f"schedcore/_configs/{path.relative_to(ROOT / 'configs').as_posix()}"
        for path in (ROOT / "configs").rglob("*")
        if path.is_file()
    }
    assert "schedcore/_configs/.sched-configs" in wanted
    assert wanted <= names


def test_the_copy_is_not_in_the_source_tree() -> None:
    assert not (ROOT / "common" / "schedcore" / "_configs").exists()


def test_licence_and_entry_points(wheel: Path, names: set[str]) -> None:
    folder = next(name.partition("/")[0] for name in names if ".dist-info/" in name)
    assert f"{folder}/licenses/LICENSE" in names
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"{folder}/entry_points.txt").decode()
    assert "sched = schedcore.cli:main" in text


def test_installed_wheel_works_outside_the_clone(wheel: Path, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*command, str(wheel)], cwd=elsewhere, capture_output=True, timeout=120, check=True)
    # The folder goes before an editable install of this clone.
    environment = {**os.environ, "PYTHONPATH": str(site)}
    answer = subprocess.run(
        [sys.executable, "-m", "schedcore", "list", "experiments", "--json"],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    items = json.loads(answer.stdout)["data"]["items"]
    expected = {path.stem for path in (ROOT / "configs" / "experiment").glob("*.yaml")}
    assert expected <= {item["name"] for item in items}
    assert all(item["file"].startswith(str(site)) for item in items)
    where = subprocess.run(
        [sys.executable, "-c", "import schedcore, schedcore.configdir as c; print(c.__file__, c.find_config_dir())"],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert where.stdout.startswith(str(site))
    assert "found_by='wheel'" in where.stdout


def test_domains_that_exist_are_registered_and_no_others() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    registered = project.get("entry-points", {}).get("sched.domains", {})
    existing = {path.parent.name for path in (ROOT / "packages").glob("*/domain.py")}
    assert registered == {name: f"{name}.domain:domain" for name in existing}


def test_source_roots_are_no_packages() -> None:
    assert not (ROOT / "common" / "__init__.py").exists()
    assert not (ROOT / "packages" / "__init__.py").exists()

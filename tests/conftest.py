"""Fixtures and settings that all tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Before anything imports a numerical library: one thread each, and no window for plots.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["MPLBACKEND"] = "Agg"
# The processes of pytest-xdist ignore Ctrl-C, and so would all that they start; tests of interruption need it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# A user's own settings must not change what is tested.
for _name in list(os.environ):
    if _name.startswith("SCHED_") and _name not in {"SCHED_SHARED_DATA", "SCHED_VENV", "SCHED_CHECKS"}:
        del os.environ[_name]
os.environ.pop("NO_COLOR", None)

for _profile, _examples in (("default", 25), ("ci", 100), ("deep", 2000)):
    settings.register_profile(_profile, max_examples=_examples, deadline=None, derandomize=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Processes share the tests by files, so that a fixture is made once; all that starts a Ray goes to one of them."""
    for item in items:
        ray = item.get_closest_marker("ray") is not None
        item.add_marker(pytest.mark.xdist_group("ray" if ray else item.nodeid.partition("::")[0]))


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The root of the clone."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with reference data, or a skip that says why."""
    folder = Path(os.environ.get("SCHED_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder}; set SCHED_SHARED_DATA")
    return folder


@pytest.fixture
def sched() -> Callable[..., object]:
    """Run the command in this process: ``sched("list", "--json")`` returns code, out, err and ``json()``."""
    from support.command import run_here

    return run_here


@pytest.fixture
def sched_process() -> Callable[..., object]:
    """Run the command in a process of its own, with the same result object."""
    from support.command import run_process

    return run_process


@pytest.fixture
def toy_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with an installed package that registers the domain ``toy``; seen by child processes too."""
    from support.toy import install_toy

    from schedcore import registry

    folder = install_toy(tmp_path / "site")
    monkeypatch.syspath_prepend(str(folder))
    inherited = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", str(folder) + (os.pathsep + inherited if inherited else ""))
    registry._entry_points.cache_clear()
    yield folder
    registry._entry_points.cache_clear()

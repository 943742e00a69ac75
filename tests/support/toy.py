"""A domain outside the project, installed as a package would be: a module and its metadata."""

from __future__ import annotations

import textwrap
from pathlib import Path

MODULE = '''
"""A toy domain for tests of the command."""
import time
from schedcore.bench import BenchRow, Sense, Suite
from schedcore.registry import Domain, LoadedInstance


def _names():
    return ("one", "two")


def _load(instance, data_dirs):
    return LoadedInstance(problem=None, name=instance, lower_bound=1, upper_bound=2, bound_source="the toy maker")


def _figures(options):
    known = {"size"}
    unknown = set(options.overrides) - known
    if unknown:
        from schedcore.errors import unknown_name
        raise unknown_name("key", sorted(unknown)[0], known, where="suite figures")
    options.progress(0, 2, "one")
    yield BenchRow("one", "makespan", 55.0, 55.0, unit="ticks", source="a table")
    options.progress(1, 2, "two")
    print("stray line of a library")
    yield BenchRow("two", "gap", 0.02, 0.01, unit="1", source="a table", tolerance=0.005, sense=Sense.AT_MOST)
    yield BenchRow("two", "time", 0.5, unit="s")


def _sleepy(options):
    print("sleeping", file=__import__("sys").stderr, flush=True)
    time.sleep(60)
    yield BenchRow("one", "time", 1.0)


def _broken(options):
    raise KeyError("nobody expected this")
    yield


def _warning(options):
    import warnings
    warnings.warn("the toy is old", UserWarning)
    yield BenchRow("one", "time", 1.0)


class Dummy:
    features = frozenset()


domain = Domain(
    name="toy",
    summary="Two blocks.",
    instance_names=_names,
    load=_load,
    suites={
        "figures": Suite("Three figures.", _figures),
        "sleepy": Suite("Takes a minute.", _sleepy),
        "broken": Suite("Has a bug.", _broken),
        "warning": Suite("Warns.", _warning),
    },
)
'''


def install_toy(folder: Path, *, entry: str = "toy_sched:domain") -> Path:
    """Write the package into ``folder``, which then belongs on the module path."""
    metadata = folder / "toy_sched-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "toy_sched.py").write_text(textwrap.dedent(MODULE), encoding="utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-sched\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(f"[sched.domains]\ntoy = {entry}\n", encoding="utf-8")
    return folder

"""Compiling on first use: it is told, and it is no time of solving."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from support.command import environment, run_process

from schedcore.cli.kernels import COMPILING, about_to_compile, compile_first
from schedcore.experiments.methods import get_method
from schedcore.experiments.warm_up import compile_method


def test_an_empty_cache_is_told(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert about_to_compile("sgs")
    assert about_to_compile("tabu")
    assert not about_to_compile("exhaustive")
    folder = tmp_path / "sgs_0123"
    folder.mkdir()
    (folder / "serial.serial-1.py311.nbi").touch()
    assert not about_to_compile("sgs")
    assert about_to_compile("tabu")


@pytest.mark.parametrize("name", ["learned", "hybrid", "control", "paper", "nondelay-spt"])
def test_methods_of_a_domain_name_their_kernels(name, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    method = get_method(name, "jssp")
    assert about_to_compile(method)
    for module in method.kernels:
        __import__(module)  # they exist
        source = Path(str(sys.modules[module].__file__))
        folder = tmp_path / f"{source.parent.name}_0123"
        folder.mkdir(exist_ok=True)
        (folder / f"{source.stem}.f-1.py311.nbi").touch()
    assert not about_to_compile(method)
    # What is older than its source is compiled anew.
    old = time.time() - 10 * 365 * 86400
    for path in tmp_path.rglob("*.nbi"):
        os.utime(path, (old, old))
    assert about_to_compile(method)


class Slow:
    """Takes its time on the first call, as compiling does."""

    name, features, kernels = "slow", frozenset({"unary"}), ("json.decoder",)
    calls: list[str]

    def __init__(self) -> None:
        self.calls = []

    def solve(self, problem, **options):
        self.calls.append(problem.name)


class Told:
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_only_what_is_due_is_compiled_and_only_on_what_it_understands(monkeypatch) -> None:
    told, slow, other = Told(), Slow(), Slow()
    slow.features = frozenset()
    compile_method(slow)
    assert slow.calls == []
    monkeypatch.setattr("schedcore.cli.kernels.about_to_compile", lambda method: method is other)
    other.features = get_method("sgs").features
    compile_first(told, slow, other)  # type: ignore[arg-type]
    assert (told.notes, slow.calls, len(other.calls)) == ([COMPILING], [], 6)
    told.notes.clear()
    compile_first(told, slow)  # type: ignore[arg-type]
    assert told.notes == []


def test_a_solve_says_so_on_stderr(sched, monkeypatch) -> None:
    monkeypatch.setattr("schedcore.cli.kernels.about_to_compile", lambda name: True)
    ran = sched("solve", "jssp", "ft06", "--solver", "nondelay-spt")
    assert "compiling kernels (once" in ran.err
    assert "compiling" not in ran.out
    assert "compiling" not in sched("solve", "jssp", "ft06", "--solver", "nondelay-spt", "--quiet").err


def test_a_sweep_says_which_methods_compile(sched, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "schedcore.cli.kernels.about_to_compile", lambda method: getattr(method, "name", "") == "nondelay-spt"
    )
    words = ("sweep", "jssp", "solver=spt,nondelay-spt", "instance=ft06", "time_limit_s=1", "--backend", "inline")
    assert f"nondelay-spt: {COMPILING}" in sched(*words).err
    assert "compiling" not in sched(*words, "warm_up=false", "--force").err


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", ["learned", "nondelay-spt"])
def test_what_is_compiled_once_is_not_compiled_again(name, tmp_path) -> None:
    """The tiny problems reach all kernels that a method names; otherwise every solve would say that it compiles."""
    words = ("solve", "jssp", "ft06", "--solver", name)
    env = environment(NUMBA_CACHE_DIR=str(tmp_path))
    first = run_process(*words, env=env, timeout=1200)
    assert (first.code, "compiling kernels (once" in first.err) == (0, True), first.err
    assert "compiling" not in run_process(*words, env=env).err

"""Which backend is taken, and why; memory as the system tells it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support.trials import trial

from schedcore.errors import UnknownNameError
from schedcore.experiments.backends.choose import BACKENDS, choose_backend, make_backend
from schedcore.experiments.backends.inline import InlineBackend
from schedcore.experiments.backends.memory import available_mb, kernel_kills, tree_rss_mb
from schedcore.experiments.backends.process import ProcessBackend
from schedcore.experiments.backends.protocol import Backend
from schedcore.experiments.config import BackendConfig

SHORT = [trial("spt", seed) for seed in range(4)]
LONG = [trial("cpsat", seed, time_limit_s=100.0) for seed in range(4)]


@pytest.fixture(autouse=True)
def _no_cluster(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.mark.parametrize(
    ("config", "trials", "name", "reason"),
    [
        ({"name": "process"}, LONG, "process", "asked for"),
        ({}, SHORT[:1], "inline", "one trial"),
        ({"slots": 2}, SHORT, "process", "4 trials, at most 2 s on 2 processors, less than the 60 s from which on"),
        ({"slots": 2}, LONG, "ray", "4 trials, at most 200 s on 2 processors"),
        ({"address": "auto"}, SHORT[:1], "ray", "the address of a cluster is given: auto"),
    ],
)
def test_auto_says_why(config, trials, name, reason) -> None:
    found, why = choose_backend(BackendConfig(**config), trials)
    assert found == name
    assert why.startswith(reason)


def test_a_cluster_in_the_environment_is_used(monkeypatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    assert choose_backend(BackendConfig(), SHORT) == ("ray", "RAY_ADDRESS is head:6379")
    assert choose_backend(BackendConfig("process"), SHORT)[0] == "process"


def test_backends_follow_the_protocol() -> None:
    config = BackendConfig(slots=3, grace_s=7.0, memory_mb=500)
    inline, process = (make_backend(name, config) for name in ("inline", "process"))
    assert isinstance(inline, InlineBackend)
    assert isinstance(process, ProcessBackend)
    assert isinstance(inline, Backend)
    assert isinstance(process, Backend)
    assert (inline.window, process.window, process.grace_s, process.resources.memory_mb) == (1, 6, 7.0, 500)
    for made in (inline, process):
        made.close()
        made.close()


def test_unknown_backend_is_suggested() -> None:
    for make in (lambda: choose_backend(BackendConfig("inlien"), SHORT), lambda: make_backend("inlien", None)):
        with pytest.raises(UnknownNameError, match="unknown backend 'inlien'") as caught:
            make()
        assert caught.value.remedy == "did you mean 'inline'?"
    assert BACKENDS[0] == "auto"


def test_memory_of_a_process_counts_its_children() -> None:
    code = "import subprocess, sys; x = b'x' * (60 << 20); print('up', flush=True); sys.stdin.read()"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", outer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        assert 60 < tree_rss_mb(child.pid) < 400
        assert child.stdin is not None
        child.stdin.close()
    assert tree_rss_mb(child.pid) == 0
    assert tree_rss_mb(os.getpid()) > 10


def test_memory_of_the_machine() -> None:
    left = available_mb()
    assert left is None or left > 0
    assert kernel_kills() >= 0

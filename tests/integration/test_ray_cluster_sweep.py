"""A sweep on a real cluster of several nodes, one of which dies in the middle."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import run_here
from support.ray_cluster import ray_cluster

from schedcore.experiments.store import Store

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(280)]

WORDS = (
    "sweep",
    "jssp",
    "solver=support.deadly_solvers:Sleeping",
    "solver.parameters.factor=1.0",
    "instance=ft06,la01",
    "seed=range(0,6)",
    "time_limit_s=5",
)


def test_a_node_dies_and_the_table_is_complete(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with ray_cluster() as cluster:
        cluster.start(f"--address={cluster.address}", "--num-cpus=2")
        victim = cluster.start(f"--address={cluster.address}", "--num-cpus=2")
        cluster.wait_until_up()
        driver = subprocess.Popen(
            [sys.executable, "-m", "schedcore", *WORDS, "--address", cluster.address, "--out", str(out), "--jsonl"],
            env=cluster.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert driver.stdout is not None
        events = []
        for line in driver.stdout:
            events.append(json.loads(line))
            if len([event for event in events if event.get("event") == "trial"]) == 3:
                victim.kill()
        _, errors = driver.communicate()
    trials = [event for event in events if event.get("event") == "trial"]
    assert driver.returncode == 0, errors[-3000:]
    print(errors[-3000:])
    with Store.read(out) as store:
        records = store.records()
        assert store.statuses() == {"planned": 0, "running": 0, "done": 12, "failed": 0}
    assert any(event.get("error_type") == "lost" for event in trials), "a trial was lost with its node"
    assert any(record.attempt > 1 for record in records.values())
    assert "raylet" not in errors, "what Ray tells of its nodes is not for the user"
    # The same table as in one process, without any accident.
    words = [word.replace("factor=1.0", "factor=0.0") for word in WORDS]
    answer = run_here(*words, "--backend", "inline", "--out", str(tmp_path / "inline"), "--json")
    assert answer.code == 0, answer.err
    with Store.read(tmp_path / "inline") as store:
        expected = sorted((record.instance, record.seed, record.value) for record in store.records().values())
    assert sorted((record.instance, record.seed, record.value) for record in records.values()) == expected

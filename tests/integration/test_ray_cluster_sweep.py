"""A sweep on a real cluster of several nodes, one of which dies in the middle."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.command import ROOT, environment, run_here
from support.ray_cluster import Node, ray_cluster

from schedcore.experiments.store import Store

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(500)]

WORDS = (
    "sweep",
    "jssp",
    "solver=support.deadly_solvers:Sleeping",
    "solver.parameters.factor=2.0",
    "instance=ft06,la01",
    "seed=range(0,6)",
    "time_limit_s=5",
)


def test_a_node_dies_and_the_table_is_complete(tmp_path: Path) -> None:
    """The node dies as soon as a trial is seen at work on it, so that this trial is lost whatever the load."""
    out, marks = tmp_path / "run", tmp_path / "marks"
    marks.mkdir()
    marking = [word.replace("Sleeping", "Marking") for word in WORDS]
    with ray_cluster() as cluster:
        cluster.env["SCHED_TEST_MARKS"] = str(marks)
        cluster.start(f"--address={cluster.address}", "--num-cpus=2")
        victim = cluster.start(f"--address={cluster.address}", "--num-cpus=2")
        with (tmp_path / "events").open("w") as told, (tmp_path / "errors").open("w") as faults:
            driver = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "schedcore",
                    *marking,
                    "--address",
                    cluster.address,
                    "--out",
                    str(out),
                    "--jsonl",
                ],
                env=cluster.env,
                stdout=told,
                stderr=faults,
            )
            lost = _kill_at_work(victim, marks, driver)
            driver.wait(timeout=300)
    errors = (tmp_path / "errors").read_text()
    assert lost, f"no trial was seen on the node; {errors[-3000:]}"
    events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    trials = [event for event in events if event.get("event") == "trial"]
    assert driver.returncode == 0, errors[-3000:]
    with Store.read(out) as store:
        records = store.records()
        assert store.statuses() == {"planned": 0, "running": 0, "done": 12, "failed": 0}
    assert any(event.get("error_type") == "lost" for event in trials), "a trial was lost with its node"
    assert any(record.attempt > 1 for record in records.values())
    assert "raylet" not in errors, "what Ray tells of its nodes is not for the user"
    # The same table as in one process, without any accident.
    words = [word.replace("factor=2.0", "factor=0.0") for word in marking]
    answer = run_here(*words, "--backend", "inline", "--out", str(tmp_path / "inline"), "--json")
    assert answer.code == 0, answer.err
    with Store.read(tmp_path / "inline") as store:
        expected = sorted((record.instance, record.seed, record.value) for record in store.records().values())
    assert sorted((record.instance, record.seed, record.value) for record in records.values()) == expected


def _kill_at_work(victim: Node, marks: Path, driver: subprocess.Popen[bytes]) -> bool:
    """Kill the node while a trial is at work on it; ``False`` if the sweep ended without one."""
    while driver.poll() is None:
        for mark in _newest_first(marks):
            if victim.holds(int(mark.name)):
                victim.kill()
                # Dead before its trial ended: a trial that ends takes its mark away.
                if mark.exists():
                    return True
                raise AssertionError("the trial ended while its node was killed; its sleep is too short")
        time.sleep(0.05)
    return False


def _newest_first(marks: Path) -> list[Path]:
    """Marks of trials that began last have the longest time to go."""
    found = []
    for mark in marks.iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append((mark.stat().st_mtime, mark))
    return [mark for _, mark in sorted(found, reverse=True)]


def test_a_client_runs_a_sweep_and_is_cautioned(tmp_path: Path) -> None:
    pytest.importorskip("grpc", reason="needs the extra cluster")
    out = tmp_path / "run"
    # The good one compiles nothing: nobody knows how long that takes on a busy machine.
    bad = "solver=support.deadly_solvers:Segfault,support.deadly_solvers:Hanging,support.my_solvers:Serial"
    words = ["sweep", "jssp", bad, "instance=ft06", "seed=range(0,2)", "time_limit_s=1", "timeout_s=5", "warm_up=false"]
    with ray_cluster(head_cpus=2) as cluster:
        answer = subprocess.run(
            [sys.executable, "-m", "schedcore", *words, "--address", cluster.client, "--out", str(out), "--json"],
            env=cluster.env,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    assert answer.returncode == 5, answer.stderr
    assert "the sweep ends with the connection" in answer.stderr
    failures = json.loads(answer.stdout)["data"]["failures"]
    assert sorted(failure["error_type"] for failure in failures) == ["crash", "crash", "timeout", "timeout"]


def test_a_ray_that_dies_ends_the_sweep_and_the_sweep_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "run"
    env = environment()
    env["PYTHONPATH"] += os.pathsep + str(ROOT / "tests")
    command = [sys.executable, "-m", "schedcore", *WORDS, "--backend", "ray", "--slots", "2", "--out", str(out)]
    driver = subprocess.Popen([*command, "--jsonl"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    assert driver.stderr is not None
    for line in driver.stdout:
        if json.loads(line).get("event") == "trial":
            children = Path(f"/proc/{driver.pid}/task/{driver.pid}/children").read_text().split()
            (raylet,) = (int(pid) for pid in children if b"/raylet/raylet" in Path(f"/proc/{pid}/cmdline").read_bytes())
            os.kill(raylet, signal.SIGKILL)
            break
    rest, errors = driver.communicate(timeout=120)
    assert driver.returncode == 1, errors + rest
    assert "Ray has died" in errors, rest
    assert f"sched sweep --resume {out}" in errors
    assert "raylet" not in errors.replace("its process raylet", "")
    with Store.read(out) as store:
        done = store.statuses()["done"]
    assert 1 <= done < 12
    answer = run_here("sweep", "--resume", str(out), "--backend", "inline", "--json")
    assert answer.code == 0, answer.err
    assert answer.json()["data"]["resumed"] == done

"""A sweep as a job on a real head: submitted, followed, cut off, found again, fetched."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.ray_cluster import RayCluster, ray_cluster

from schedcore.experiments.jobs import JobNote
from schedcore.experiments.store import Store

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(400)]

MODULE = """
import time
from support.my_solvers import Serial as Base

class Slow(Base):
    name = "slow"
    def solve(self, problem, **more):
        time.sleep(1.0)
        return super().solve(problem, **more)
"""


def sched(cluster: RayCluster, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "schedcore", *words],
        env=cluster.env,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_the_sweep_outlives_its_submitter(tmp_path: Path) -> None:
    pytest.importorskip("aiohttp_cors", reason="needs the extra cluster")
    (tmp_path / "my_slow.py").write_text(MODULE, encoding="utf-8")
    words = ["sweep", "jssp", "solver=my_slow:Slow,spt", "instance=ft06,la01", "--seeds", "2", "time_limit_s=5"]
    out = tmp_path / "run"
    with ray_cluster(head_cpus=2, dashboard=True) as cluster:
        cluster.wait_for_jobs()
        submitter = subprocess.Popen(
            [sys.executable, "-m", "schedcore", *words, "--address", cluster.jobs, "--out", str(out)],
            env=cluster.env,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert submitter.stderr is not None
        seen = ""
        while "[1/8]" not in seen:
            line = submitter.stderr.readline()
            assert line, seen
            seen += line
        assert "sent along: my_slow.py" in seen
        submitter.send_signal(signal.SIGKILL)
        submitter.wait()
        submitter.stderr.close()
        note = JobNote.read(out)
        assert note is not None
        # Found again by the folder alone, and followed to its end.
        answer = sched(cluster, tmp_path, "sweep", "--resume", str(out), "--address", cluster.jobs)
        assert answer.returncode == 0, answer.stderr
        assert f"job {note.job} works on" in answer.stderr or f"results of job {note.job}" in answer.stderr
        with Store.read(out) as store:
            assert store.statuses() == {"planned": 0, "running": 0, "done": 8, "failed": 0}
            assert {record.backend for record in store.records().values()} == {"ray"}
        assert (out / "report.html").is_file()
        # From another folder by the id, as from another machine.
        time.sleep(1)
        answer = sched(
            cluster, tmp_path, "sweep", "--job", note.job, "--address", cluster.jobs, "--out", str(tmp_path / "other")
        )
        assert answer.returncode == 0, answer.stderr
        with Store.read(tmp_path / "other") as store:
            assert store.statuses()["done"] == 8
        # Nothing is left, so nothing is submitted.
        answer = sched(cluster, tmp_path, "sweep", "--resume", str(out), "--address", cluster.jobs)
        assert answer.returncode == 0, answer.stderr
        assert "nothing to run" in answer.stderr

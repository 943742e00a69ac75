"""Kill sweeps at random moments, resume them, and hold what they found against a sweep that was left alone.

    python benchmarks/sweep_kill.py                     # 20 kills, backend process
    python benchmarks/sweep_kill.py --kills 5 --backend inline
    python benchmarks/sweep_kill.py --kills 10 --backend ray

Ray takes its time to start: every other kill comes while it does, the others once trials have ended.  What a killed
driver leaves of its Ray ends by itself, and must not be in the way of the next one.

After every kill the store is read: what was finished before must still be there (nothing is lost), and its attempts
must not have grown (nothing is run twice).  In the end both tables must be equal, value by value, schedule by schedule.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "common"), str(ROOT / "packages")]

from schedcore.experiments.store import Store  # noqa: E402

# The exact search has a limit in its own units, so that its schedules do not depend on how busy the machine is.
WORDS = ("jssp", "solver=random,cpsat", "instance=ft06,la01,la02,ft10", "time_limit_s=60", "deterministic_limit=0.02")


def main() -> int:
    """Run the stress; the exit code is 1 if anything was lost, run twice or different."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=60, help="seeds of the sweep: its length")
    parser.add_argument("--backend", default="process", choices=("inline", "process", "ray"))
    parser.add_argument("--rng", type=int, default=0, help="decides the moments")
    options = parser.parse_args()
    rng = random.Random(options.rng)
    with tempfile.TemporaryDirectory(prefix="sweep-kill-") as folder:
        return stress(Path(folder), options.kills, options.seeds, options.backend, rng)


def stress(folder: Path, kills: int, seeds: int, backend: str, rng: random.Random) -> int:
    """Kill and resume until it is done; prints a line per kill."""
    words = [*WORDS, "--seeds", str(seeds), "--backend", backend]
    code = start([*words, "--out", "whole"], folder).wait()
    expected = table(folder / "whole")
    whole_s = worked_s(folder / "whole")
    print(f"left alone: {len(expected)} trials in {whole_s:.1f} s, exit code {code}")
    seen: dict[str, int] = {}
    faults = 0
    killed = 0
    span_s = max(1.0, whole_s)
    while killed < kills:
        if not (folder / "killed" / "sweep.json").exists():
            driver = start([*words, "--out", "killed"], folder)
        else:
            driver = start(["--resume", "killed", "--backend", backend], folder)
        # From when it begins to start its workers; they need a second or two until they answer.  Ray needs many.
        at_work = backend == "ray" and killed % 2 == 1
        working(driver, folder, at_work)
        moment = rng.uniform(0.0, 3.0 + 1.5 * span_s / kills)
        try:
            driver.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            driver.send_signal(signal.SIGKILL)
            driver.wait()
            killed += 1
        else:
            print(f"finished before kill {killed + 1}; all results are forgotten, and it goes on")
            faults += table(folder / "killed") != expected
            forget(folder / "killed")
            seen = {}
            continue
        now = finished(folder / "killed")
        lost = [key for key in seen if key not in now]
        again = [key for key, attempt in seen.items() if now.get(key, attempt) != attempt]
        faults += len(lost) + len(again)
        seen = now
        print(f"kill {killed:2} after {moment:4.1f} s: {len(now):3} done, {len(lost)} lost, {len(again)} run again")
    code = start(["--resume", "killed", "--backend", backend], folder).wait()
    found = table(folder / "killed")
    again = [key for key, attempt in seen.items() if finished(folder / "killed")[key] != attempt]
    faults += len(again)
    same = found == expected
    print(f"resumed to the end: {len(found)} trials, exit code {code}, {len(again)} run again")
    print(f"tables are {'equal' if same else 'DIFFERENT'}; {faults} faults in {killed} kills")
    return 0 if same and not faults and code == 0 else 1


def start(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start ``sched sweep`` with ``words``."""
    path = os.pathsep.join([str(ROOT / "common"), str(ROOT / "packages"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-m", "schedcore", "sweep", *words]
    with open(folder / "stderr.txt", "wb") as err:
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=err)


def working(driver: subprocess.Popen[bytes], folder: Path, at_work: bool) -> None:
    """Wait until the driver starts its workers (``at_work``: until a trial has ended), or has ended itself."""
    sign = b"\n[" if at_work else b"backend "
    while driver.poll() is None and sign not in (folder / "stderr.txt").read_bytes():
        time.sleep(0.01)


def worked_s(run: Path) -> float:
    """Seconds from the first trial to the last."""
    with Store.read(run) as store:
        started = [time.strptime(r.started, "%Y-%m-%dT%H:%M:%SZ") for r in store.records().values()]
    return time.mktime(max(started)) - time.mktime(min(started))


def finished(run: Path) -> dict[str, int]:
    """Attempts of what is finished, by key."""
    if not (run / "sweep.json").exists() or not (run / "results.sqlite").exists():
        return {}
    with Store.read(run) as store:
        attempts = store.attempts()
        return {key: attempts[key] for key in store.finished_keys()}


def forget(run: Path) -> None:
    """Forget all results."""
    with Store.open(run) as store:
        store.forget([trial.key for trial in store.trials()])


def table(run: Path) -> dict[str, object]:
    """Everything that a sweep found and that does not depend on time."""
    with Store.read(run) as store:
        return {
            key: (r.instance, r.solver, r.seed, r.status, r.objective, r.metrics, store.schedule(key))
            for key, r in store.records().items()
        }


if __name__ == "__main__":
    sys.exit(main())

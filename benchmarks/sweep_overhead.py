"""What a trial costs beyond its work, on every backend, beside Ray Tune; and what expanding a large grid costs.

    python benchmarks/sweep_overhead.py                      # everything that is installed
    python benchmarks/sweep_overhead.py --arms inline,process,grid

The trial is a dispatching rule on ft06, which takes a millisecond with its checks.  Its work is timed alone; overhead
is the time of a sweep divided by its trials, less that (its share, where several processors work).  Every arm runs the
same trials with one transaction each.  Bars: inline 2 ms, process 5 ms, ray 10 ms, 1,000 trials on Ray with its start
in 60 s, a grid of 10,000 trials in 3 s.  Times are those of the wall; a machine that does other things beside shows
larger ones, for which reason the processor time of the driver stands with them.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "common"), str(ROOT / "packages")]

from _machine import machine  # noqa: E402

from schedcore.configdir import find_config_dir  # noqa: E402
from schedcore.experiments.backends.protocol import Backend  # noqa: E402
from schedcore.experiments.driver import run_trials  # noqa: E402
from schedcore.experiments.expand import expand  # noqa: E402
from schedcore.experiments.manifest import Manifest  # noqa: E402
from schedcore.experiments.plan import Plan, make_plan  # noqa: E402
from schedcore.experiments.run_trial import run_trial  # noqa: E402
from schedcore.experiments.store import Store  # noqa: E402

ARMS = ("inline", "process", "ray", "tune", "grid")
BARS_MS = {"inline": 2.0, "process": 5.0, "ray": 10.0}


def main() -> int:
    """Print a line per arm; the exit code is 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--arms", default=",".join(ARMS), help="which, separated by commas")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--tune-trials", type=int, default=50, help="Ray Tune takes a process for each")
    parser.add_argument("--slots", type=int, default=2)
    options = parser.parse_args()
    arms = options.arms.split(",")
    print(machine())
    plan = planned(options.trials)
    work_ms = work_of(plan)
    print(f"the trial alone: {work_ms:.2f} ms (spt on ft06, with its checks and metrics)")
    missed = 0
    for arm in arms:
        if arm in BARS_MS:
            missed += sweep(arm, plan, work_ms, options.slots)
        elif arm == "tune":
            tune(plan, work_ms, options.tune_trials, options.slots)
        elif arm == "grid":
            missed += grid()
        else:
            print(f"there is no arm {arm!r}; there are {', '.join(ARMS)}")
            return 2
    return 1 if missed else 0


def planned(count: int) -> Plan:
    """So many seeds of one rule on one instance."""
    words = ["solver=spt", "instance=ft06", "time_limit_s=1"]
    return make_plan(expand(find_config_dir(ROOT / "configs"), "jssp", words, seeds=count))


def work_of(plan: Plan) -> float:
    """Milliseconds of a trial without anything around it."""
    loaded = plan.instance_of(plan.trials[0])
    for trial in plan.trials[:20]:
        run_trial(trial, loaded)
    begin = time.perf_counter()
    chosen = plan.trials[:300]
    for trial in chosen:
        run_trial(trial, loaded)
    return (time.perf_counter() - begin) / len(chosen) * 1e3


def backend_of(arm: str, slots: int) -> Backend:
    """The backend, not started."""
    from schedcore.experiments.backends.choose import make_backend
    from schedcore.experiments.config import BackendConfig

    return make_backend(arm, BackendConfig(name=arm, slots=slots))


class Clock:
    """Notes when the first trials have ended, by which all workers have started."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.count = 0
        self.at = 0.0

    def begun(self, trial: Any, attempt: int) -> None:
        """Nothing."""

    def waiting(self) -> None:
        """Nothing."""

    def ended(self, trial: Any, record: Any, *, again: bool) -> None:
        """Count."""
        self.count += 1
        if self.count == self.after:
            self.at = time.perf_counter()


def sweep(arm: str, plan: Plan, work_ms: float, slots: int) -> int:
    """Run the plan on one of our backends; 1 if a bar is missed."""
    if arm == "ray" and importlib.util.find_spec("ray") is None:
        print("ray: skipped, Ray is not installed")
        return 0
    warm = min(100, len(plan.trials) // 2)
    clock: Any = Clock(warm)
    with tempfile.TemporaryDirectory(prefix="sweep-overhead-") as folder, contextlib.ExitStack() as stack:
        store = stack.enter_context(Store.create(Path(folder) / arm, Manifest(arm)))
        begin, cpu = time.perf_counter(), time.process_time()
        outcome = run_trials(plan.trials, store, backend_of(arm, slots), instance_of=plan.instance_of, observer=clock)
        end, cpu = time.perf_counter(), time.process_time() - cpu
        good = store.statuses()["done"]
    total_s = end - begin
    each_ms = (end - clock.at) / (outcome.ran - warm) * 1e3
    # With several processors the work itself takes less time than one after the other.
    share = 1 if arm == "inline" else min(slots, os.cpu_count() or 1)
    overhead_ms = each_ms - work_ms / share
    fits = overhead_ms <= BARS_MS[arm] and good == len(plan.trials)
    line = (
        f"{arm}: {good} of {len(plan.trials)} trials in {total_s:.1f} s with start-up; {each_ms:.2f} ms each after it, "
    )
    line += f"overhead {overhead_ms:.2f} ms (bar {BARS_MS[arm]:g} ms: {'met' if fits else 'MISSED'})"
    line += f"; driver's processor time {cpu / outcome.ran * 1e3:.2f} ms each"
    line += " (the trials' included)" if arm == "inline" else ""
    if arm == "ray":
        in_time = total_s <= 60 * len(plan.trials) / 1000
        line += f"; in all at most 60 s per 1,000: {'met' if in_time else 'MISSED'}"
        fits = fits and in_time
    print(line)
    return 0 if fits else 1


def tune(plan: Plan, work_ms: float, count: int, slots: int) -> None:
    """The same trials as trials of Ray Tune, with as many at a time."""
    missing = [name for name in ("ray", "pandas", "pyarrow") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"tune: skipped, {' and '.join(missing)} not installed (the extra 'tune')")
        return
    os.environ |= {"RAY_CHDIR_TO_TRIAL_DIR": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0", "RAY_USAGE_STATS_ENABLED": "0",
                   "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1"}  # fmt: skip
    begin = time.perf_counter()
    import ray
    from ray import tune as ray_tune

    loaded, trials = plan.instance_of(plan.trials[0]), plan.trials[:count]

    def trainable(config: dict[str, Any]) -> None:
        record = run_trial(trials[config["i"]], loaded)
        ray_tune.report({"value": record.value})

    paths = os.pathsep.join([str(ROOT / "common"), str(ROOT / "packages")])
    with tempfile.TemporaryDirectory(prefix="tune-") as folder:
        ray.init(
            address="local", num_cpus=slots, include_dashboard=False, log_to_driver=False,
            object_store_memory=256 << 20, logging_level="error", runtime_env={"env_vars": {"PYTHONPATH": paths}},
        )  # fmt: skip
        started = time.perf_counter()
        tuner = ray_tune.Tuner(
            ray_tune.with_resources(trainable, {"cpu": 1}),
            param_space={"i": ray_tune.grid_search(list(range(len(trials))))},
            tune_config=ray_tune.TuneConfig(max_concurrent_trials=slots),
            run_config=ray_tune.RunConfig(storage_path=folder, verbose=0),
        )
        with open(os.devnull, "w") as null, contextlib.redirect_stdout(null):
            found = tuner.fit()
        end = time.perf_counter()
        good = sum(result.error is None for result in found)
        ray.shutdown()
    each_ms = (end - started) / len(trials) * 1e3
    print(
        f"tune: {good} of {len(trials)} trials in {end - begin:.1f} s with start-up; {each_ms:.0f} ms each after it, "
        f"overhead {each_ms - work_ms / slots:.0f} ms (no bar; for comparison)"
    )


def grid() -> int:
    """Expand a grid of 10,000 trials, keys included; 1 if the bar is missed."""
    words = ["solver=spt,mwkr,lpt,random", "instance=ft06,ft10,la01,la02,la03", "time_limit_s=1,2,3,4,5"]
    configs = find_config_dir(ROOT / "configs")
    make_plan(expand(configs, "jssp", ["solver=spt", "instance=ft06"]))  # libraries are loaded, as in any sweep
    begin = time.perf_counter()
    expansion = expand(configs, "jssp", words, seeds=100)
    middle = time.perf_counter()
    plan = make_plan(expansion)
    end = time.perf_counter()
    fits = end - begin <= 3.0
    print(
        f"grid: {len(plan.trials)} trials in {end - begin:.2f} s ({middle - begin:.2f} s expanded, "
        f"{end - middle:.2f} s keys and instances; bar 3 s: {'met' if fits else 'MISSED'})"
    )
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())

"""Bar F12: a grid of 10,000 trials expands in 3 s, in a fresh process, beside composing every point with Hydra.

python benchmarks/sweep_expansion.py [--runs 3] [--composed 20]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from _machine import figure, machine

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
WORDS = ["solver=cpsat,lns,tabu,mwkr,sgs", "instance=glob(la*)", "time_limit_s=1,10", "seed=range(0,25)"]
COUNT = 5 * 40 * 2 * 25

EXPAND = f"""
import time
begin = time.perf_counter()
from pathlib import Path
from schedcore.configdir import find_config_dir
from schedcore.experiments.expand import expand
found = expand(find_config_dir(Path({str(CONFIGS)!r})), "jssp", {WORDS!r})
expanded = time.perf_counter()
assert len(found.points) == {COUNT}, len(found.points)
from schedcore.experiments.plan import make_plan
make_plan(expand(find_config_dir(Path({str(CONFIGS)!r})), "jssp", [*{WORDS!r}[:3], "seed=0"]))
loaded = time.perf_counter()
plan = make_plan(found)
assert len({{trial.key for trial in plan.trials}}) == {COUNT}
print(expanded - begin, time.perf_counter() - loaded)
"""


def composed_s(count: int) -> float:
    """Seconds of Hydra alone for one point of the grid, over ``count`` of them."""
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        compose("experiment/quickstart")
        begin = time.perf_counter()
        for seed in range(count):
            compose("experiment/quickstart", overrides=[f"++seed={seed}", "++instance=la01"])
        return (time.perf_counter() - begin) / count


def main() -> None:
    """Measure, and print beside the bar."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--composed", type=int, default=20)
    arguments = parser.parse_args()
    print(f"machine: {machine()}")
    found = []
    for _ in range(arguments.runs):
        ran = subprocess.run([sys.executable, "-c", EXPAND], check=True, capture_output=True, text=True)
        found.append([float(text) for text in ran.stdout.split()])
    expand_s, plan_s = (min(column) for column in zip(*found, strict=True))
    print(f"     Hydra alone composes a point in {1000 * (one := composed_s(arguments.composed)):.0f} ms,")
    print(f"     which is {COUNT * one / 60:.0f} minutes for {COUNT}")
    print(figure("F12", f"expanding {COUNT} trials, with imports", f"{expand_s:.2f} s", "<= 3 s", expand_s <= 3))
    print(
        f"     plan with keys, hashes of 40 instances included: {plan_s:.2f} s, {1e6 * plan_s / COUNT:.0f} us a trial"
    )


if __name__ == "__main__":
    main()

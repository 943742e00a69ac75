"""Tune the weights of the rule ``tuned-rule`` and write them with their provenance.

    python benchmarks/uam_tune_rule.py --out packages/uam/data/rules/tuned.json

Training days are of the fixed map at demand scales 1 and 2 in turn; none is used anywhere else.  Deterministic.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from uam.baselines.rule_kernel import FLY, STAY
from uam.baselines.tuner import TunerSettings, tune
from uam.generate import generate
from uam.seeds import FIRST_TRAINING_SEED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scenarios", type=int, default=300, help="training days")
    parser.add_argument("--generations", type=int, default=150)
    parser.add_argument("--population", type=int, default=20)
    parser.add_argument("--days", type=int, default=10, help="days per generation")
    given = parser.parse_args()
    names = [f"fixed8:scale={1 + k % 2}:{FIRST_TRAINING_SEED + k}" for k in range(given.scenarios)]
    settings = TunerSettings(given.generations, given.population, given.days)

    def report(done: int, total: int, label: str) -> None:
        print(f"{done}/{total} {label}", file=sys.stderr)

    tuned = tune([generate(name) for name in names], settings, progress=report)
    labels = [f"fly.{name}" for name in FLY] + [f"stay.{name}" for name in STAY]
    data = {
        "weights": dict(zip(labels, (round(float(w), 6) for w in tuned.weights), strict=True)),
        "provenance": {
            "command": f"python benchmarks/uam_tune_rule.py --scenarios {given.scenarios} --generations "
            f"{given.generations} --population {given.population} --days {given.days}",
            "training": f"{names[0]} to {names[-1]}, demand scales 1 and 2 in turn",
            "decisions_simulated": tuned.decisions,
            "wall_s": round(tuned.wall_s, 1),
            "best_half_dollars_every_10_generations": [round(v) for v in tuned.curve[::10]],
        },
    }
    given.out.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

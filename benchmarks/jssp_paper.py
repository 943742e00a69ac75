"""The paper's recipe, trained by us, beside the authors' network: best of 32 rollouts, without and with the No-Op.

    python benchmarks/jssp_paper.py [--checkpoint FILE] [--mode noop] [--mode nondelay] [--seed N] [--attach]

All 160 instances of ta and dmu, one sampling seed, the published temperatures.  Bars are what the network that the
authors released reaches when it is run in the same way (measured with an independent implementation of its
environment): with the No-Op off by class of ta, with it on over all of ta and of dmu.  Each mode
uses the checkpoint that comes with the package for it.  ``--attach`` writes the figures into the checkpoints as their
evaluation.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from _machine import figure, machine

from jssp import gap, size_class, standard_instance, standard_names
from jssp.learn.paper.checkpoint import load_checkpoint, save_checkpoint
from jssp.learn.paper.inference import best_of, greedy
from jssp.learn.paper.solver import PaperSolver, shipped_checkpoint
from jssp.standard import family

CLASS_BARS = {
    "ta 15x15": 13.6,
    "ta 20x15": 16.7,
    "ta 20x20": 16.2,
    "ta 30x15": 17.0,
    "ta 30x20": 21.6,
    "ta 50x15": 9.4,
    "ta 50x20": 12.4,
}
"""Per cent, No-Op off."""

FAMILY_BARS = {"ta": 15.6, "dmu": 23.1}
"""Per cent, No-Op on."""


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=None)
    parser.add_argument("--mode", action="append", choices=["noop", "nondelay"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--attach", action="store_true")
    given = parser.parse_args()
    modes = given.mode or ["nondelay", "noop"]
    print(machine())
    missed = sum(judge(mode, given.checkpoint or shipped_checkpoint(mode), given.seed, given.attach) for mode in modes)
    return 1 if missed else 0


def judge(mode: str, path: Path, seed: int, attach: bool) -> int:
    """Measure a checkpoint in one mode, print the figures beside the bars; the number of bars missed."""
    checkpoint = load_checkpoint(path)
    told = checkpoint.provenance
    print(f"{path.name}: {PaperSolver(str(path)).training}, positions {told['positions']}")
    gaps: dict[str, dict[str, list[float]]] = {}
    began = time.perf_counter()
    for name in standard_names():
        if not name.startswith(("ta", "dmu")):
            continue
        shop = [standard_instance(name)]
        for label, makespan in (
            (f"best of 32, {mode}", best_of(checkpoint, shop, mode=mode, seed=seed)[0]),
            (f"greedy, {mode}", greedy(checkpoint, shop, mode=mode)[0]),
        ):
            for group in (size_class(name), family(name)):
                gaps.setdefault(label, {}).setdefault(group, []).append(gap(int(makespan), name))
        print(f"{name} done, {time.perf_counter() - began:.0f} s", file=sys.stderr)
    figures = {
        label: {group: round(mean(values), 2) for group, values in groups.items()} for label, groups in gaps.items()
    }
    for label, groups in figures.items():
        print(label + ": " + ", ".join(f"{group} {value:.2f}" for group, value in groups.items()))
    missed = 0
    label = f"best of 32, {mode}"
    for group, bar in (CLASS_BARS if mode == "nondelay" else FAMILY_BARS).items():
        ours = figures[label][group]
        missed += ours > bar
        print(figure(group.split()[0], f"{group}: {label}, mean gap", f"{ours:.2f} %", f"<= {bar} %", ours <= bar))
    if attach:
        evaluation: dict[str, Any] = {
            "instances": "ta01-80 and dmu01-80, gap in % to the best known upper bounds of August 2026",
            "sampling_seed": seed,
            "wall_s": round(time.perf_counter() - began, 1),
            "gaps": figures,
        }
        kept = {key: value for key, value in told.items() if key not in ("format", "version", "positions", "legacy")}
        save_checkpoint(path, checkpoint.weights, checkpoint.form, {**kept, "evaluation": evaluation})
    return missed


if __name__ == "__main__":
    sys.exit(main())

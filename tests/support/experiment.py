"""A small experiment in a configuration folder of its own."""

from __future__ import annotations

from pathlib import Path

SMALL = """\
# @package _global_
title: Small
description: Two job shops.
groups:
  shops:
    title: Job shops
    domain: jssp
    instances: [ft06, "taillard:4x3:1"]
methods:
  spt:
    solver: nondelay-spt
  serial:
    solver: support.my_solvers:Serial
    parameters: {factor: 2.0}
time_limit_s: 1
warm_up: false
gantt: [ft06]
backend: {name: inline}
"""


def config_folder(folder: Path, text: str = SMALL, name: str = "small") -> Path:
    """A configuration folder with one experiment."""
    file = folder / "experiment" / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    (folder / ".sched-configs").touch()
    file.write_text(text, encoding="utf-8")
    return folder

"""A day's log as JSON, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from uam.log import Charge, DayLog, Flight, Repair, Stay


def log_to_dict(log: DayLog) -> dict[str, Any]:
    """The records of ``log`` as plain data, with the name and fingerprint of its scenario and its totals."""
    records: dict[str, Any] = {"flights": Flight, "stays": Stay, "charges": Charge, "repairs": Repair}
    return {
        "format": "uam-log",
        "version": 1,
        "scenario": log.scenario.name,
        "fingerprint": log.scenario.fingerprint(),
        "summary": log.summary(),
        "decisions": log.decisions,
        **{
            name: {"columns": list(kind._fields), "rows": [list(record) for record in getattr(log, name)]}
            for name, kind in records.items()
        },
    }


def write_log(log: DayLog, path: Path) -> Path:
    """Write ``log`` to ``path``; its decisions replay the day (:func:`uam.simulator.replay_actions`)."""
    from schedcore.io.atomic import atomic_write_text

    atomic_write_text(path, json.dumps(log_to_dict(log), separators=(",", ":")) + "\n")
    return path

"""Reference data of the published compiler, read from the shared folder; tests skip where it is absent."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from qnet.protocol.capability import LinkCapability

ROOT = Path(os.environ.get("SCHED_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data")
for candidate in (ROOT, *(parent / "shared" / "data" for parent in Path(__file__).parents)):
    if (candidate / "qnet").is_dir():
        ROOT = candidate
        break
FOLDER = ROOT / "qnet"

needs_data = pytest.mark.skipif(not FOLDER.is_dir(), reason="reference data of qnet is not here (SCHED_SHARED_DATA)")


def rows(name: str) -> list[dict[str, str]]:
    """Rows of a CSV file; none where it is absent."""
    path = FOLDER / name
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def mappings() -> list[dict[str, Any]]:
    """The golden mappings."""
    path = FOLDER / "golden_mappings.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def nv_capabilities(length_km: int = 5) -> tuple[LinkCapability, ...]:
    """Published capabilities of a link of one of the tabulated lengths."""
    table = json.loads((FOLDER / "nv_link_capabilities.json").read_text(encoding="utf-8"))
    (link,) = (link for link in table["links"] if link["length_km"] == length_km)
    pairs = zip(table["fidelity_by_alpha"], link["rate_hz"], strict=True)
    return tuple(LinkCapability(fidelity, rate) for fidelity, rate in pairs)


def capabilities(family: str) -> tuple[LinkCapability, ...]:
    """Capabilities of a family of golden rows."""
    return nv_capabilities() if family.startswith("NV") else (LinkCapability(0.999, 1400.0),)

"""The tables of facts that the package carries under ``data/``; each file states its source in its first lines."""

from __future__ import annotations

import csv
import json
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


def _text(file_name: str) -> str:
    return (files("jssp") / "data" / file_name).read_text(encoding="utf-8")


@cache
def table(file_name: str) -> tuple[MappingProxyType[str, str], ...]:
    """The rows of a CSV table by column name, in the order of the file; lines that begin with # are its source note."""
    lines = (line for line in _text(file_name).splitlines() if not line.startswith("#"))
    return tuple(MappingProxyType(row) for row in csv.DictReader(lines))


@cache
def source_note(file_name: str) -> str:
    """The source note of a table: its leading # lines as one line of text, without what they say of columns."""
    lines = (line[1:].strip() for line in _text(file_name).splitlines() if line.startswith("#"))
    return " ".join(line for line in lines if not line.startswith("The columns "))


@cache
def classic_rows() -> dict[str, Any]:
    """The carried instances: name to one string per job, ``machine duration`` pairs in processing order."""
    return dict(json.loads(_text("classic.json"))["instances"])


@cache
def published_seeds() -> frozenset[int]:
    """Every seed of the published ta and dmu instances; fresh instances avoid them."""
    fields = ("time_seed", "machine_seed")
    return frozenset(int(row[field]) for row in table("seeds.csv") for field in fields if row[field])

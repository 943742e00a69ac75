"""Best known bounds on makespans, with who found them, and figures of other systems to print beside ours.

All are facts of dated tables under ``data/``.  Gaps are in per cent of the best known upper bound, as in the
literature.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jssp.standard import canonical_name, require_name
from jssp.tables import source_note, table
from schedcore.errors import InputError, unknown_name

ENGINES = ("cpsat", "cpo", "optalcp")
"""CP-SAT 9.15, CP Optimizer 22.1.1 and OptalCP 2026.4, 600 s on four cores."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Proven lower and best known upper bound of a makespan, in ticks.

    ``lower_by`` and ``upper_by`` are the finders as the source names them; ``source`` is the table with its date.
    """

    lower: int
    upper: int
    source: str
    lower_by: str = ""
    upper_by: str = ""

    @property
    def closed(self) -> bool:
        """Whether the optimum is known."""
        return self.lower == self.upper


@cache
def _bounds() -> dict[str, Bounds]:
    found = {}
    for file_name in ("bounds_jobshop.csv", "bounds_flexible.csv", "bounds_project.csv"):
        note = source_note(file_name)
        for row in table(file_name):
            found[row["instance"]] = Bounds(
                int(row["lower"]), int(row["upper"]), note, row.get("lower_by", ""), row.get("upper_by", "")
            )
    return found


def bounded_names() -> tuple[str, ...]:
    """Names with known bounds: the 242 standard job shops, mk01 to mk15, and 48 projects of PSPLIB's set j30."""
    return tuple(_bounds())


def find_bounds(name: str) -> Bounds | None:
    """Bounds of the instance called ``name``, or ``None`` where the tables have none."""
    return _bounds().get(canonical_name(name) or name.lower())


def bounds(name: str) -> Bounds:
    """Bounds of the instance called ``name``.

    >>> bounds("abz8").upper, bounds("abz8").closed
    (667, True)

    Raises
    ------
    UnknownNameError
        The tables have no such instance; near misses are suggested.
    """
    found = find_bounds(name)
    if found is None:
        raise unknown_name("instance with known bounds", name, _bounds())
    return found


def gap(makespan: float, name: str) -> float:
    """Excess of ``makespan`` over the best known upper bound of ``name``, in per cent of that bound.

    >>> round(gap(1491, "ta01"), 2)
    21.12
    """
    if makespan <= 0:
        raise InputError(f"makespan {makespan}", where=f"gap of {name}", remedy="give a makespan > 0")
    return 100.0 * (makespan / bounds(name).upper - 1.0)


def engine_bounds(name: str, engine: str) -> tuple[int | None, int | None]:
    """Lower and upper bound that ``engine`` found in 600 s for a standard job shop; ``None`` where it found none."""
    if engine not in ENGINES:
        raise unknown_name("engine", engine, ENGINES)
    row = _engine_rows()[require_name(name)]
    lower, upper = row[f"{engine}_lower"], row[f"{engine}_upper"]
    return (int(lower) if lower else None), (int(upper) if upper else None)


@cache
def _engine_rows() -> dict[str, dict[str, str]]:
    return {row["instance"]: dict(row) for row in table("engines_600s.csv")}


def engine_source() -> str:
    """Source, date and hardware of :func:`engine_bounds`."""
    return source_note("engines_600s.csv")


def rule_reference(name: str, rule: str) -> int:
    """Makespan of a non-delay rule on a standard job shop, measured with an independent implementation."""
    row = _rule_rows()[require_name(name)]
    if rule not in row:
        raise unknown_name("rule", rule, row)
    return row[rule]


@cache
def _rule_rows() -> dict[str, dict[str, int]]:
    return {
        row["instance"]: {key: int(value) for key, value in row.items() if key != "instance"}
        for row in table("rule_makespans.csv")
    }


def rule_reference_source() -> str:
    """Where :func:`rule_reference` comes from."""
    return source_note("rule_makespans.csv")

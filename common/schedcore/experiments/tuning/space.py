"""The search space: words that stand for many values, apart from those that say what a candidate is judged on.

==============================================  ==============================================
``solver.parameters.x='interval(0,1)'``          a number between 0 and 1
``solver.parameters.n='int(interval(1,100))'``   a whole number, both ends included
``...='tag(log,interval(1e-4,1))'``              a number whose logarithm is drawn evenly
``solver.parameters.rule=spt,mwkr``              one of these; also ``range(...)``, and ``solver=lns,tabu``
``instance=ft06,la01``  ``seed='range(0,3)'``    no part of the space: every candidate meets all of them
==============================================  ==============================================
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schedcore.errors import InputError
from schedcore.experiments.words import Glob, parse_override, parse_words

JUDGED_ON = ("instance", "seed", "seeds")
"""Keys that say what a candidate is judged on, however many values they have."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from ``low`` to ``high``; ``log`` draws their logarithms evenly, ``whole`` takes whole numbers only."""

    key: str
    low: float
    high: float
    whole: bool = False
    log: bool = False

    @property
    def middle(self) -> float:
        """A value far from both ends."""
        between = math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
        return float(round(between)) if self.whole else between

    def text(self, value: Any) -> str:
        """``value`` as it stands in a word."""
        return str(int(value)) if self.whole else repr(float(value))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some values."""

    key: str
    values: tuple[Any, ...]

    def text(self, value: Any) -> str:
        """``value`` as it stands in a word."""
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, (int, float)):
            return repr(value)
        if isinstance(value, str):
            plain = re.fullmatch(r"[\w./:-]+", value) and not re.fullmatch(
                r"[\d.+-].*|true|false|null|nan|inf", value, re.I
            )
            return value if plain else _quoted(value)
        if isinstance(value, (list, tuple)):
            return "[" + ",".join(self.text(item) for item in value) + "]"
        if isinstance(value, Mapping):
            return "{" + ",".join(f"{key}:{self.text(item)}" for key, item in value.items()) + "}"
        raise InputError(f"{value!r} cannot be searched", where=self.key, remedy="use numbers, names or lists of them")


def _quoted(text: str) -> str:
    """``text`` in quotes; backslashes mean something to Hydra only before a quote."""
    inner = re.sub(r"(\\*)('|$)", lambda m: m[1] * 2 + ("\\'" if m[2] else ""), text)
    return f"'{inner}'"


Dimension = Interval | Choice


@dataclass(frozen=True, slots=True)
class Space:
    """The dimensions of a search, and the words that hold for every candidate."""

    dimensions: tuple[Dimension, ...]
    fixed: tuple[str, ...]

    def words(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The words of the candidate with these ``values`` by key; those that are missing keep their defaults."""
        chosen = [d for d in self.dimensions if d.key in values]
        return (*self.fixed, *(f"{d.key}={d.text(values[d.key])}" for d in chosen))

    def some(self) -> dict[str, Any]:
        """One candidate: the middles of intervals and the first values."""
        return {d.key: d.middle if isinstance(d, Interval) else d.values[0] for d in self.dimensions}


def read_space(words: Sequence[str]) -> Space:
    """The search space that ``words`` span.

    Raises
    ------
    InputError
        A word breaks the grammar, an interval is none, or nothing is left to search.
    """
    dimensions: list[Dimension] = []
    fixed: list[str] = []
    for word in words:
        found = _dimension(word)
        if found is None:
            fixed.append(word)
        elif found.key in [other.key for other in dimensions]:
            raise InputError(f"{found.key!r} is given twice", where=f"word {word!r}", remedy="give it once")
        else:
            dimensions.append(found)
    parse_words(fixed)
    if not dimensions:
        raise InputError(
            "nothing to search: no word stands for several values",
            where="sched tune",
            remedy="give some:  solver.parameters.x='interval(0,1)'  solver.parameters.rule=spt,mwkr",
        )
    return Space(tuple(dimensions), tuple(fixed))


def _dimension(word: str) -> Dimension | None:
    place = f"word {word!r}"
    override = parse_override(word, place)
    key = override.key_or_group
    if override.is_delete() or not override.is_sweep_override():
        return None
    if override.is_interval_sweep():
        if key in JUDGED_ON:
            raise InputError(
                f"{key} cannot be searched", where=place, remedy="candidates are judged on it: name values"
            )
        return _interval(key, override.value(), place)
    if key in JUDGED_ON:
        return None
    (parsed,) = parse_words([word])
    if isinstance(parsed.values, Glob):
        raise InputError("a pattern cannot be searched", where=place, remedy="name the values:  key=a,b")
    if len(parsed.values) < 2:
        return None
    return Choice(key, tuple(parsed.values))


def _interval(key: str, sweep: Any, place: str) -> Interval:
    low, high = sweep.start, sweep.end
    whole = isinstance(low, int) and isinstance(high, int) and _is_cast_to_int(place)
    log = "log" in (sweep.tags or ())
    if unknown := set(sweep.tags or ()) - {"log"}:
        raise InputError(f"unknown tag {sorted(unknown)[0]!r}", where=place, remedy="the only tag is log")
    if not low < high:
        raise InputError(
            f"the interval from {low:g} to {high:g} is empty", where=place, remedy="write interval(low, high)"
        )
    if log and low <= 0:
        raise InputError(f"a logarithmic interval from {low:g}", where=place, remedy="begin above 0")
    return Interval(key, float(low), float(high), whole, log)


def _is_cast_to_int(place: str) -> bool:
    """Whether the word says ``int(interval(...))``; ``interval(0,1)`` alone means all numbers between."""
    return re.search(r"\bint\s*\(", place) is not None

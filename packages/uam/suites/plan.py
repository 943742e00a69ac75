"""What the user asked of a suite, read from the trailing ``key=value`` words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schedcore.errors import InputError, unknown_name
from uam.seeds import HELD_OUT

KEYS = ("scenarios", "slow_scenarios", "methods", "scales", "map", "bound", "store")


@dataclass(frozen=True, slots=True)
class SuiteWords:
    """Days and methods of a suite.

    ``scenarios`` held-out days for fast methods and ``slow_scenarios`` for slow ones, ``methods`` by name, ``scales``
    of demand, the ``map``, ``bound`` (``dual``, ``dual-coarse`` or ``none``), and the file ``store`` in which days
    are kept (beside it, bounds), so that the suite can be stopped and taken up again.
    """

    scenarios: int
    slow_scenarios: int
    methods: tuple[str, ...]
    scales: tuple[float, ...]
    map: str
    bound: str
    store: Path | None


def read_words(
    overrides: Mapping[str, str],
    where: str,
    *,
    methods: Sequence[str],
    scales: Sequence[float] = (1.0,),
    scenarios: int = 100,
    slow_scenarios: int = 20,
    keys: Sequence[str] = KEYS,
) -> SuiteWords:
    """The words of a suite with these defaults.

    Raises
    ------
    InputError
        An unknown key or a value that makes no sense.
    """
    for key in overrides:
        if key not in keys:
            raise unknown_name("key", key, keys, where=where)
    bound = overrides.get("bound", "dual")
    if bound not in ("dual", "dual-coarse", "none"):
        raise unknown_name("bound", bound, ("dual", "dual-coarse", "none"), where=where)
    names = tuple(word.strip() for word in overrides.get("methods", ",".join(methods)).split(",") if word.strip())
    if not names or len(set(names)) < len(names):
        raise InputError("methods is empty or names one twice", where=where, remedy="give names separated by commas")
    most = len(HELD_OUT)
    store = overrides.get("store")
    return SuiteWords(
        scenarios=_count(overrides, "scenarios", scenarios, most, where),
        slow_scenarios=_count(overrides, "slow_scenarios", slow_scenarios, most, where, least=0),
        methods=names,
        scales=_scales(overrides.get("scales"), scales, where),
        map=overrides.get("map", "fixed8"),
        bound=bound,
        store=None if store is None else Path(store).expanduser(),
    )


def _count(overrides: Mapping[str, str], key: str, default: int, most: int, where: str, least: int = 1) -> int:
    text = overrides.get(key, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise InputError(f"{key} is {text!r}", where=where, remedy=f"give a number from {least} to {most}")
    return int(text)


def _scales(text: str | None, default: Sequence[float], where: str) -> tuple[float, ...]:
    if text is None:
        return tuple(default)
    try:
        scales = tuple(float(word) for word in text.split(","))
    except ValueError:
        raise InputError(f"scales is {text!r}", where=where, remedy="give numbers separated by commas") from None
    if not scales or not all(0 < scale < float("inf") for scale in scales):
        raise InputError(f"scales is {text!r}", where=where, remedy="give numbers above 0")
    return scales

"""The 242 standard job shops by name: ft, la, abz, orb, swv, yn (carried), ta and dmu (generated from their seeds)."""

from __future__ import annotations

import re
from functools import cache

from jssp.generators.demirkol import demirkol
from jssp.generators.taillard import taillard
from jssp.instance import JobShopInstance
from jssp.tables import classic_rows, table
from schedcore.errors import unknown_name

FAMILIES = {
    "ft": "Fisher and Thompson 1963",
    "la": "Lawrence 1984",
    "abz": "Adams, Balas and Zawack 1988",
    "orb": "Applegate and Cook 1991",
    "swv": "Storer, Wu and Vaccari 1992",
    "yn": "Yamada and Nakano 1992",
    "ta": "Taillard 1993, generated from the published seeds",
    "dmu": "Demirkol, Mehta and Uzsoy 1998, generated from the published seeds",
}
"""Name prefix to origin."""

_FORM = re.compile(r"([a-z]+)[ _-]?0*(\d+)")


@cache
def standard_names() -> tuple[str, ...]:
    """The 242 names, family by family."""
    return tuple(row["instance"] for row in table("bounds_jobshop.csv"))


@cache
def _by_key() -> dict[tuple[str, str], str]:
    keys = {}
    for name in standard_names():
        match = _FORM.fullmatch(name)
        if match is not None:
            keys[match[1], match[2]] = name
    return keys


@cache
def _seeds() -> dict[str, tuple[int, int, int, int, str]]:
    return {
        row["instance"]: (
            int(row["jobs"]),
            int(row["machines"]),
            int(row["time_seed"]),
            int(row["machine_seed"] or 0),
            row["generator"],
        )
        for row in table("seeds.csv")
    }


def canonical_name(name: str) -> str | None:
    """The standard name that ``name`` stands for (``TA1`` for ``ta01``), or ``None``."""
    match = _FORM.fullmatch(name.strip().lower())
    return None if match is None else _by_key().get((match[1], match[2]))


def family(name: str) -> str:
    """The prefix of a standard name: ft, la, abz, orb, swv, yn, ta or dmu."""
    return re.sub(r"\d+$", "", require_name(name))


def size_class(name: str) -> str:
    """Family and size, such as ``ta 15x15`` (jobs x machines): the classes that results are averaged over."""
    known = require_name(name)
    return _classes()[known]


def has_split_routes(name: str) -> bool:
    """Whether every job visits the first half of the machines before the second: dmu41 to dmu80, the harder half."""
    return _seeds().get(require_name(name), (0, 0, 0, 0, ""))[4] == "demirkol_split"


@cache
def _classes() -> dict[str, str]:
    return {
        row["instance"]: f"{family(row['instance'])} {row['jobs']}x{row['machines']}"
        for row in table("bounds_jobshop.csv")
    }


def require_name(name: str) -> str:
    """The standard name that ``name`` stands for.

    Raises
    ------
    UnknownNameError
        There is none; near misses are suggested.
    """
    known = canonical_name(name)
    if known is None:
        raise unknown_name("standard job shop", name, standard_names())
    return known


@cache
def standard_instance(name: str) -> JobShopInstance:
    """The standard job shop called ``name``; case and leading zeros of the number do not matter.

    >>> standard_instance("FT6")
    JobShopInstance('ft06', jobs=6, machines=6)
    """
    known = require_name(name)
    if known != name:
        return standard_instance(known)
    if known in _seeds():
        jobs, machines, seed, machine_seed, generator = _seeds()[known]
        if generator == "taillard":
            return taillard(jobs, machines, seed, machine_seed, name=known)
        return demirkol(jobs, machines, seed, split=generator == "demirkol_split", name=known)
    rows = [[int(number) for number in row.split()] for row in classic_rows()[known]]
    return JobShopInstance(known, [row[0::2] for row in rows], [row[1::2] for row in rows])

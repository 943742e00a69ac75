"""Grid files: a sweep too large for the command line, ``--grid FILE``.

::

    - product:                          # every combination
        solver: [cpsat, lns]
        instance: glob(la0*)
        seed: range(0, 5)
      zip:                              # these go together, first with first
        time_limit_s: [1, 10]
        workers: [1, 2]
      exclude:                          # but not these
        - {solver: lns, time_limit_s: 10}
    - {solver: mwkr, instance: glob(la0*)}     # a plain map is a product

A list joins blocks; ``list`` in a block names combinations one by one.  A list of values stands for
alternatives (a value that is a list itself stands in another list), text such as ``range(0, 5)`` is read as
in words.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schedcore.errors import InputError, UnknownNameError, did_you_mean
from schedcore.experiments.words import Glob, parse_glob, parse_override, values_of

PARTS = ("product", "zip", "list", "exclude")
"""What a block may be made of."""
_SWEEP = re.compile(r"(range|choice|glob|interval|sort|shuffle)\(.*\)", re.DOTALL)

Values = tuple[Any, ...] | Glob


@dataclass(frozen=True, slots=True)
class Entry:
    """Alternatives of a key, and the line where they stand."""

    key: str
    values: Values
    place: str


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a grid: dimensions whose combinations are its points, less those that are excluded.

    ``dimensions`` holds a product as one dimension per key, a zip as one of several keys, and a list as
    one whose alternatives name their own keys.
    """

    dimensions: tuple[tuple[tuple[Entry, ...], ...], ...]
    exclude: tuple[tuple[Entry, ...], ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid file."""

    path: Path
    blocks: tuple[Block, ...]
    places: Mapping[str, str] = field(default_factory=dict)
    """The line of the first entry of every key."""


def read_grid(path: Path) -> Grid:
    """The grid in ``path``.

    Raises
    ------
    InputError
        The file cannot be read, is no YAML, or its parts do not fit; file and line are named.
    """
    import yaml
    from omegaconf._utils import get_yaml_loader

    from schedcore.io import read_text

    text = read_text(path)
    try:
        loader = get_yaml_loader()(text)
        try:
            node = loader.get_single_node()
            return _Reader(path, loader).grid(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = str(path) if mark is None else f"{path}:{mark.line + 1}"
        problem = getattr(error, "problem", None) or "no YAML"
        raise InputError(str(problem), where=where, remedy="correct the file") from error


class _Reader:
    """Reads YAML nodes, which know their lines."""

    def __init__(self, path: Path, loader: Any) -> None:
        self.path = path
        self.loader = loader
        self.places: dict[str, str] = {}

    def place(self, node: Any) -> str:
        return f"{self.path}:{node.start_mark.line + 1}"

    def fail(self, what: str, node: Any, remedy: str) -> InputError:
        return InputError(what, where=self.place(node), remedy=remedy)

    def plain(self, node: Any) -> Any:
        return self.loader.construct_object(node, deep=True)

    def grid(self, node: Any) -> Grid:
        if node is None:
            raise InputError("the grid is empty", where=str(self.path), remedy="write  key: [value, value]")
        if node.id == "sequence":
            blocks = [self.block(item) for item in node.value]
        else:
            blocks = [self.block(node)]
        if not blocks:
            raise self.fail("the grid is empty", node, "write  key: [value, value]")
        return Grid(self.path, tuple(blocks), self.places)

    def pairs(self, node: Any, what: str) -> list[tuple[str, Any, Any]]:
        """Key, node of the key, node of the value."""
        if node.id != "mapping":
            raise self.fail(f"{what} is not keys and values", node, "write  key: [value, value]")
        if not node.value:
            raise self.fail(f"{what} is empty", node, "write  key: [value, value], or leave it away")
        self.plain(node)  # refuses a key that stands there twice
        return [(str(key.value), key, value) for key, value in node.value]

    def block(self, node: Any) -> Block:
        pairs = self.pairs(node, "a block of the grid")
        names = [name for name, _, _ in pairs]
        if not any(name in PARTS for name in names):
            return Block(self.product(pairs), place=self.place(node))
        dimensions: list[tuple[tuple[Entry, ...], ...]] = []
        exclude: list[tuple[Entry, ...]] = []
        for name, key_node, value in pairs:
            if name not in PARTS:
                remedy = "put it under product" if name != "link" else "the word is zip"
                if name != "link" and did_you_mean(name, PARTS).startswith("did"):
                    remedy = did_you_mean(name, PARTS)
                raise UnknownNameError(
                    f"{name!r} stands beside {next(n for n in names if n in PARTS)!r}",
                    where=self.place(key_node),
                    remedy=remedy,
                )
            if name == "product":
                dimensions += self.product(self.pairs(value, "product"))
            elif name == "zip":
                for item in value.value if value.id == "sequence" else [value]:
                    dimensions.append(self.zipped(item))
            else:
                if value.id != "sequence" or not value.value:
                    raise self.fail(f"{name} is not a list", value, "write  - {key: value, key: value}")
                for item in value.value:
                    entries = tuple(self.entry(key, k, v) for key, k, v in self.pairs(item, f"an item of {name}"))
                    if name == "exclude":
                        exclude.append(entries)
                if name == "list":
                    dimensions.append(
                        tuple(
                            point
                            for item in value.value
                            for point in _product(self.product(self.pairs(item, "an item of list")))
                        )
                    )
        if not dimensions:
            raise self.fail("the block only excludes", node, "add  product:, zip: or list:")
        self.distinct(dimensions, node)
        self.excludable(dimensions, exclude)
        return Block(tuple(dimensions), tuple(exclude), self.place(node))

    def product(self, pairs: list[tuple[str, Any, Any]]) -> tuple[tuple[tuple[Entry, ...], ...], ...]:
        entries = [self.entry(name, key, value) for name, key, value in pairs]
        return tuple(((entry,),) for entry in entries)

    def zipped(self, node: Any) -> tuple[tuple[Entry, ...], ...]:
        entries = [self.entry(name, key, value) for name, key, value in self.pairs(node, "zip")]
        lengths = {}
        for entry in entries:
            if isinstance(entry.values, Glob):
                raise InputError(
                    "glob(...) cannot be zipped", where=entry.place, remedy="write the names, or use product"
                )
            lengths[entry.key] = len(entry.values)
        if len(set(lengths.values())) > 1:
            counts = ", ".join(f"{key} has {count}" for key, count in lengths.items())
            raise self.fail(f"zip needs lists of one length: {counts}", node, "make them equal, or use product")
        count = next(iter(lengths.values()))
        return tuple(
            tuple(Entry(entry.key, (entry.values[i],), entry.place) for entry in entries)  # type: ignore[index]
            for i in range(count)
        )

    def entry(self, key: str, key_node: Any, node: Any) -> Entry:
        place = self.place(key_node)
        if not re.fullmatch(r"[A-Za-z_][\w./-]*", key):
            raise InputError(f"{key!r} is no key", where=place, remedy="write a key such as time_limit_s or solver")
        if key in PARTS:
            raise self.fail(f"{key!r} inside another part", key_node, "blocks do not nest; write a list of blocks")
        values: Values
        if node.id == "sequence":
            if not node.value:
                raise self.fail(f"{key} has no values", node, "write at least one")
            parts = [self.value(item) for item in node.value]
            if any(isinstance(part, Glob) for part in parts):
                if len(parts) > 1:
                    raise self.fail("glob(...) stands in a list", node, f"write  {key}: glob(...)  alone")
                values = parts[0]
            else:
                values = tuple(itertools.chain.from_iterable(part for part in parts if isinstance(part, tuple)))
        else:
            values = self.value(node)
        self.places.setdefault(key, place)
        return Entry(key, values, place)

    def value(self, node: Any) -> Values:
        plain = self.plain(node)
        pattern = parse_glob(plain) if isinstance(plain, str) else None
        if pattern is not None:
            return pattern
        if isinstance(plain, str) and _SWEEP.fullmatch(plain.strip()):
            return values_of(parse_override(f"x={plain.strip()}", self.place(node)), self.place(node))
        return (plain,)

    def distinct(self, dimensions: Sequence[Sequence[tuple[Entry, ...]]], node: Any) -> None:
        seen: set[str] = set()
        for dimension in dimensions:
            keys = {entry.key for option in dimension for entry in option}
            for key in sorted(keys & seen):
                raise self.fail(f"{key!r} stands in two parts of the block", node, "name it in one of them")
            seen |= keys

    def excludable(
        self, dimensions: Sequence[Sequence[tuple[Entry, ...]]], exclude: Sequence[tuple[Entry, ...]]
    ) -> None:
        known = {entry.key for dimension in dimensions for option in dimension for entry in option}
        for item in exclude:
            for entry in item:
                if entry.key not in known:
                    raise UnknownNameError(
                        f"exclude names {entry.key!r}, which the block does not vary",
                        where=entry.place,
                        remedy=did_you_mean(entry.key, known),
                    )


def _product(dimensions: Sequence[Sequence[tuple[Entry, ...]]]) -> list[tuple[Entry, ...]]:
    return [tuple(itertools.chain.from_iterable(options)) for options in itertools.product(*dimensions)]

"""What varies in a sweep: the combinations of a grid, of swept words and of seeds."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schedcore.errors import InputError, UnknownNameError, did_you_mean
from schedcore.experiments.choices import is_registered, options
from schedcore.experiments.compose import Composer
from schedcore.experiments.config import GROUPS, WHOLE, ExperimentConfig
from schedcore.experiments.grid import PARTS, Block, Entry, Grid
from schedcore.experiments.points import PointMaker, look_up, overlap
from schedcore.experiments.schema import check_key
from schedcore.experiments.words import Glob, Word


@dataclass(frozen=True, slots=True)
class Setting:
    """One key set to one value."""

    key: str
    value: Any
    place: str

    @property
    def chooses(self) -> bool:
        """Whether it is a choice from a group."""
        return self.key in GROUPS and not isinstance(self.value, dict)


Options = list[tuple[Setting, ...]]
"""Alternatives; each sets some keys."""


@dataclass
class Dimensions:
    """The dimensions of a sweep, whose product its points are.

    Parameters
    ----------
    domain
        The target, if it is a domain.
    seeds
        So many seeds for each point.
    notes
        Gets what a user should know.
    """

    composer: Composer
    domain: str | None
    words: list[Word]
    grid: Grid | None
    seeds: int | None
    notes: list[str]

    def _check_words(self) -> None:
        for word in self.words:
            if not word.deletes:
                check_key(ExperimentConfig, word.key, word.place)
            if word.swept and word.key.partition(".")[0] in WHOLE:
                raise InputError(
                    f"{word.key} holds for the whole sweep and cannot vary",
                    where=word.place,
                    remedy="give one value",
                )

    def all(self) -> tuple[list[Word], list[Options]]:
        """Words that hold for all points, and the dimensions: target, grid, swept words, seeds.

        Raises
        ------
        InputError
            A key or name does not exist, is given twice, or cannot vary.
        """
        self._check_words()
        dimensions: list[Options] = []
        if self.domain is not None and any(word.key == "domain" for word in self.words):
            word = next(word for word in self.words if word.key == "domain")
            raise InputError("the domain is given twice", where=word.place, remedy="leave the word away")
        if self.domain is not None:
            dimensions.append([(Setting("domain", self.domain, "target"),)])
        if self.grid is not None:
            dimensions.append(self._grid_options(self.grid))
        moving = [item.key for options_ in dimensions for point in options_ for item in point]
        moving += [word.key for word in self.words if word.swept]
        fixed = []
        for word in self.words:
            if word.deletes:
                crossing = next((key for key in moving if overlap(key, word.key)), None)
                if crossing is not None:
                    raise InputError(
                        f"{word.text} takes away what {crossing} varies", where=word.place, remedy="give one of the two"
                    )
                fixed.append(word)
            elif word.swept or word.chooses or any(overlap(key, word.key) for key in moving):
                values = self._resolved(word.key, word.values, word.place)
                dimensions.append([(Setting(word.key, value, word.place),) for value in values])
            else:
                fixed.append(word)
        if self.seeds is not None:
            dimensions.append(self._seed_options(self.seeds))
        return fixed, dimensions

    def _seed_options(self, count: int) -> Options:
        if count < 1:
            raise InputError(f"{count} seeds", where="--seeds", remedy="use at least 1")
        places = {word.key: word.place for word in self.words} | dict(self.grid.places if self.grid else {})
        for key in ("seed", "seeds"):
            if key in places:
                raise InputError("seeds are given twice", where=places[key], remedy=f"leave --seeds or {key} away")
        return [(Setting("seed", seed, "--seeds"),) for seed in range(count)]

    def _grid_options(self, grid: Grid) -> Options:
        given = {word.key: word for word in self.words}
        for key, place in grid.places.items():
            try:
                check_key(ExperimentConfig, key, place)
            except UnknownNameError as error:
                raise UnknownNameError(error.what, where=place, remedy=_grid_remedy(key, error.remedy)) from None
            if key == "domain" and self.domain is not None:
                raise InputError("the domain is given twice", where=place, remedy="leave it away in the grid")
            if key.partition(".")[0] in WHOLE:
                raise InputError(
                    f"{key} holds for the whole sweep and cannot vary", where=place, remedy=f"give the word {key}=..."
                )
            if key in given:
                self.notes.append(f"{given[key].text} wins over {key} at {place}")
        found: Options = []
        for block in grid.blocks:
            points = self._block_points(block)
            found += [tuple(item for item in point if item.key not in given) for point in points]
        return found

    def _block_points(self, block: Block) -> Options:
        dimensions = []
        for dimension in block.dimensions:
            options_: Options = []
            for option in dimension:
                options_ += itertools.product(*(self._entry(entry) for entry in option))
            dimensions.append(options_)
        points = [tuple(itertools.chain.from_iterable(chosen)) for chosen in itertools.product(*dimensions)]
        for item in block.exclude:
            wanted = {entry.key: [one.value for one in self._entry(entry)] for entry in item}
            kept = [p for p in points if not _matches({one.key: one.value for one in p}, wanted)]
            if len(kept) == len(points):
                self.notes.append(f"exclude at {item[0].place} takes nothing away")
            points = kept
        if not points:
            raise InputError("nothing is left of the block", where=block.place, remedy="exclude less")
        return points

    def _entry(self, entry: Entry) -> list[Setting]:
        values = self._resolved(entry.key, entry.values, entry.place)
        return [Setting(entry.key, value, entry.place) for value in values]

    def _resolved(self, key: str, values: tuple[Any, ...] | Glob, place: str) -> tuple[Any, ...]:
        """Values of a key; a pattern becomes the names that match it."""
        if isinstance(values, Glob):
            if key in GROUPS:
                names: Sequence[str] = options(self.composer.configs, key)
            elif key == "instance":
                names = self._instances(place)
            else:
                raise InputError(
                    "glob(...) is for instances and groups", where=place, remedy="write a choice or a range"
                )
            found = tuple(values.filter(names))
            if not found:
                raise InputError(f"no name matches {values}", where=place, remedy=did_you_mean(str(values), names))
            return found
        if key in GROUPS:
            for value in values:
                if not isinstance(value, (str, dict)) and value is not None:
                    raise InputError(f"{value!r} is no {key}", where=place, remedy="write a name")
                if isinstance(value, str):
                    self._known(key, value, place)
        return values

    def _known(self, group: str, name: str, place: str) -> None:
        try:
            is_registered(self.composer.configs, group, name)
        except UnknownNameError as error:
            raise UnknownNameError(error.what, where=place, remedy=error.remedy) from None

    def _instances(self, place: str) -> Sequence[str]:
        """Names of the instances of the one domain of this sweep."""
        from schedcore.registry import get_domain

        name = self.domain
        if name is None:
            word = next((word for word in self.words if word.key == "domain" and not word.swept), None)
            if word is not None and isinstance(word.values, tuple) and isinstance(word.values[0], str):
                name = word.values[0]
        if name is None and self.composer.experiment is not None:
            plain = PointMaker(self.composer.compose({})).make(())
            names = {look_up(plain, "domain.name")}
            names |= {look_up(group, "domain") for group in (plain.get("groups") or {}).values()}
            names -= {None}
            name = names.pop() if len(names) == 1 else None
        if name is None:
            raise InputError(
                "the names of which domain?", where=place, remedy="give one domain=NAME, or write the names"
            )
        return get_domain(name).instance_names()


def _grid_remedy(key: str, remedy: str | None) -> str | None:
    """Near misses of a key that is unknown; a block of a grid has parts, which it may have been meant for."""
    part = did_you_mean(key, PARTS)
    if "." in key or (remedy or "").startswith("did you"):
        return remedy
    return part if part.startswith("did you") else f"a block has {', '.join(PARTS)}; {remedy}"


def _matches(point: Mapping[str, Any], wanted: Mapping[str, Sequence[Any]]) -> bool:
    return all(key in point and point[key] in values for key, values in wanted.items())

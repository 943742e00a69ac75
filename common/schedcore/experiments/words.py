"""``key=value`` words in the grammar of Hydra: choices, ranges, quoted values, groups, deletions.

========================  ===================================================
``seed=3``                one value
``solver=cpsat,lns``      a choice; also ``choice(cpsat, lns)``
``seed='range(0,3)'``     0, 1, 2; ``range(start, stop, step)``
``instance='glob(la0*)'`` the names of the domain that match
``instance='"a b, c"'``   quoted: one value with a comma in it
``+methods.m.solver=spt`` a key that is new
``~methods.sgs``          without this key
========================  ===================================================
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schedcore.errors import InputError, did_you_mean
from schedcore.experiments.config import GROUPS

_GRAMMAR = "Hydra's grammar:  a.b=1  +new=2  ~gone  list=[1,2]  a=1,2  a='range(0,3)'  a='\"quoted, text\"'"


@dataclass(frozen=True, slots=True)
class Glob:
    """Names that match one of some patterns and none of others."""

    include: tuple[str, ...]
    exclude: tuple[str, ...] = ()

    def filter(self, names: Sequence[str]) -> list[str]:
        """Those of ``names`` that match, in their order."""
        from fnmatch import fnmatchcase

        def hit(name: str, patterns: tuple[str, ...]) -> bool:
            return any(fnmatchcase(name, pattern) for pattern in patterns)

        return [name for name in names if hit(name, self.include) and not hit(name, self.exclude)]

    def __str__(self) -> str:
        return ", ".join(self.include)


_GLOB = re.compile(r"glob\((?!\[.*\]\)$)([^()'\"=]*)\)")


def parse_glob(text: str) -> Glob | None:
    """``glob(a*,b[12])`` with plain patterns as a pattern; ``None`` for anything else.

    Hydra's grammar has these too, but would want quotes around a bracket.
    """
    match = _GLOB.fullmatch(text.strip())
    patterns = tuple(part.strip() for part in match[1].split(",")) if match else ()
    return Glob(patterns) if patterns and all(patterns) else None


@dataclass(frozen=True, slots=True)
class Word:
    """One word, parsed.

    Parameters
    ----------
    text
        As it was given.
    key
        Without its sign.
    values
        What the key is set to: several in a sweep, none in a deletion; or a :class:`Glob`.
    swept
        Whether it is a choice, range or pattern.
    """

    text: str
    key: str
    values: tuple[Any, ...] | Glob
    swept: bool = False

    @property
    def place(self) -> str:
        """The word in an error message."""
        return f"word {self.text!r}"

    @property
    def deletes(self) -> bool:
        """Whether the key is taken away."""
        return self.text.startswith("~")

    @property
    def chooses(self) -> bool:
        """Whether the word chooses from a group: names, not keys and values."""
        if self.key not in GROUPS or self.deletes:
            return False
        return isinstance(self.values, Glob) or not any(isinstance(value, dict) for value in self.values)

    @property
    def for_hydra(self) -> str:
        """The word as Hydra gets it: keys may be new, since the schema judges them afterwards."""
        bare = self.text.lstrip("+")
        return bare if self.deletes or self.chooses else f"++{bare}"


def parse_words(words: Sequence[str]) -> list[Word]:
    """The words, parsed and in order.

    Raises
    ------
    InputError
        A word breaks the grammar, two words are for one key, or a sweep has no finite set of values.
    """
    found: dict[str, Word] = {}
    for text in words:
        word = _parse(text)
        if word.key in found:
            raise InputError(
                f"{word.key!r} is given twice: {found[word.key].text} and {text}",
                where=word.place,
                remedy=f"give it once; several values are a choice:  {word.key}=a,b",
            )
        found[word.key] = word
    return list(found.values())


def _parse(text: str) -> Word:
    key, equals, value = text.partition("=")
    pattern = parse_glob(value) if equals else None
    # The grammar still judges the key.
    override = parse_override(text if pattern is None else f"{key}=glob(x)", f"word {text!r}")
    if override.package is not None or re.fullmatch(r"hydra([./].*)?|experiment", override.key_or_group):
        key = override.get_key_element().lstrip("+~")
        remedy = "name the experiment as the target" if key == "experiment" else "use plain keys"
        raise InputError(f"{key!r} cannot be set here", where=f"word {text!r}", remedy=remedy)
    if override.is_delete():
        return Word(text, override.key_or_group, ())
    values = values_of(override, f"word {text!r}") if pattern is None else pattern
    return Word(text, override.key_or_group, values, swept=override.is_sweep_override())


def parse_override(text: str, where: str) -> Any:
    """``text`` as an override of Hydra."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        return OverridesParser.create().parse_override(text)
    except HydraException as error:
        cause = str(error.__cause__ or "").strip()
        reason = (str(error) if cause in ("", "None") else cause).strip().splitlines()[0].rstrip(".")
        reason = re.sub(r" expecting \{.*", "", reason)
        reason = re.sub(r"LexerNoViableAltException\((.*)\)", r"\1 cannot stand there", reason)
        hint = _hint(text) if where.startswith("word") else None  # the key of a grid stands elsewhere
        raise InputError(reason, where=where, remedy=hint or _GRAMMAR) from error


_FUNCTIONS = ("choice", "range", "glob", "interval", "sort", "shuffle", "tag", "int", "float", "str", "bool")


def _hint(text: str) -> str | None:
    """What was probably meant by a word that breaks the grammar."""
    key, equals, value = text.partition("=")
    key = key.lstrip("+~")
    if not equals:
        return None
    if value.startswith("="):
        return f"one = is enough:  {key}={value.lstrip('=')}"
    called = re.match(r"(\w+)\s*([\[({])", value)
    if called and called[1] == "glob":
        inside = value[called.end() :].strip("()[]{} ") or "la0*"
        return f"a pattern is written  {key}='glob({inside})'; several in a list:  {key}='glob([{inside},ft*])'"
    if called and called[2] == "(" and called[1] not in _FUNCTIONS:
        near = did_you_mean(called[1], _FUNCTIONS)
        if near.startswith("did you"):
            return near
        return f"text with a bracket in it stands in quotes of its own:  {key}='\"{value}\"'"
    if re.match(r"[^'\"=,\[({]+=", value):
        return f"text with = or , in it stands in quotes of its own:  {key}='\"{value}\"'"
    for opening, closing in ("()", "[]", "{}"):
        missing = value.count(opening) - value.count(closing)
        if missing:
            if missing < 0:
                return f"there is a {closing!r} too many"
            return f"{closing!r} is missing; quote brackets for the shell:  '{key}={value}{closing * missing}'"
    return None


def values_of(override: Any, where: str) -> tuple[Any, ...] | Glob:
    """The values that a parsed override stands for.

    Raises
    ------
    InputError
        They are not finitely many, or come in another order every time.
    """
    from hydra.core.override_parser.types import ChoiceSweep
    from hydra.core.override_parser.types import Glob as Pattern
    from hydra.errors import HydraException

    if not override.is_sweep_override():
        return (override.value(),)
    if override.is_interval_sweep():
        raise InputError(
            "interval(...) has no finite set of values", where=where, remedy="use range(start, stop, step) or a choice"
        )
    swept = override._value
    if isinstance(swept, Pattern):
        return Glob(tuple(swept.include), tuple(swept.exclude))
    if swept.shuffle:
        raise InputError(
            "shuffle(...) gives another order every time", where=where, remedy="leave it away; --sample K chooses some"
        )
    try:
        items = swept.list if isinstance(swept, ChoiceSweep) else list(swept.range())
    except (HydraException, ValueError) as error:
        raise InputError(
            str(error), where=where, remedy="use range(start, stop, step) with a step that is not 0"
        ) from None
    if not items:
        raise InputError("the range is empty", where=where, remedy="range(start, stop) goes up to stop - 1")
    return tuple(type(override)._convert_value(item) for item in items)

"""Thousands of configurations from one composition: values are set on copies, as Hydra would set them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from schedcore.errors import InputError
from schedcore.experiments.compose import leaves

if TYPE_CHECKING:
    from omegaconf import DictConfig

Assignment = tuple[str, Any]
"""A dotted key and its value."""

_INNERMOST = re.compile(r"\$\{([^${}]*)\}")
_KEY = re.compile(r"\s*([A-Za-z_][\w.]*)\s*")
_APART = re.compile(r"\s*oc\.(env|decode)\s*:.*", re.DOTALL)
"""Resolvers that read nothing of the configuration but what stands in their arguments."""


class PointMaker:
    """Makes resolved plain configurations from a composition and assignments.

    Interpolations are resolved by OmegaConf once for every combination of the values that they can
    depend on; the other assignments are set on copies of the result, which share what they do not change.

    Parameters
    ----------
    composed
        What Hydra composed, unresolved.
    """

    def __init__(self, composed: DictConfig) -> None:
        from omegaconf import OmegaConf

        self._composed = composed
        plain: dict[str, Any] = OmegaConf.to_container(composed, resolve=False)  # type: ignore[assignment]
        self._plain = plain
        self._references = _references(plain)
        self.missing = tuple(key for key, value in leaves(plain) if value == "???")
        self._resolved: dict[str, dict[str, Any]] = {} if self._references != () else {"[]": plain}

    def make(self, assignments: Sequence[Assignment]) -> dict[str, Any]:
        """The configuration with ``assignments`` made in order, as ``OmegaConf.update`` makes them.

        Raises
        ------
        InputError
            An interpolation cannot be resolved.
        """
        before: Sequence[Assignment] = ()
        after = assignments
        if self._references != () or any(_interpolates(value) for _, value in assignments):
            before, after = self._split(assignments)
        memo = repr(list(before))
        base = self._resolved.get(memo)
        if base is None:
            base = self._resolved[memo] = self._resolve(before)
        try:
            return _assigned(base, after)
        except (IndexError, ValueError) as error:
            keys = ", ".join(key for key, _ in after)
            raise InputError(f"no such place in a list: {error}", where=keys, remedy="count from 0") from error

    def with_values(self, assignments: Sequence[Assignment]) -> PointMaker:
        """The same with some values set for all configurations to come."""
        import copy

        from omegaconf import OmegaConf

        composed = copy.deepcopy(self._composed)
        for key, value in assignments:
            OmegaConf.update(composed, key, value, merge=True, force_add=True)
        return PointMaker(composed)

    def raw(self, key: str) -> Any:
        """The value of a dotted key before interpolations are resolved."""
        return look_up(self._plain, key)

    def _split(self, assignments: Sequence[Assignment]) -> tuple[list[Assignment], list[Assignment]]:
        """Assignments that interpolations may read, or that hold some, and the others."""
        keys = [key for key, _ in assignments]
        crossing = any(overlap(a, b) for i, a in enumerate(keys) for b in keys[:i])
        if self._references is None or crossing or any(_interpolates(value) for _, value in assignments):
            return list(assignments), []
        read = [any(overlap(key, name) for name in self._references) for key in keys]
        return (
            [item for item, used in zip(assignments, read, strict=True) if used],
            [item for item, used in zip(assignments, read, strict=True) if not used],
        )

    def _resolve(self, assignments: Sequence[Assignment]) -> dict[str, Any]:
        import copy

        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException

        config = copy.deepcopy(self._composed)
        try:
            for key, value in assignments:
                OmegaConf.update(config, key, value, merge=True, force_add=True)
            resolved: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
        except OmegaConfBaseException as error:
            key = getattr(error, "full_key", None) or "configuration"
            text = str(error).strip().splitlines()[0].rstrip(".")
            raise InputError(text, where=key, remedy="${a.b} stands for the value of key a.b") from error
        return resolved


def overlap(a: str, b: str) -> bool:
    """Whether one dotted key leads into the other, or both are the same."""
    return a == b or a.startswith(f"{b}.") or b.startswith(f"{a}.")


def _interpolates(value: Any) -> bool:
    if not isinstance(value, (str, dict, list)):
        return False
    if isinstance(value, str):
        return "${" in value
    return any(isinstance(leaf, str) and "${" in leaf for _, leaf in leaves(value))


def _references(plain: Any) -> tuple[str, ...] | None:
    """Keys that interpolations read; ``None`` if they may read anything."""
    found: set[str] = set()
    for key, value in leaves(plain):
        if isinstance(value, str) and "${" in value:
            text = value
            while match := _INNERMOST.search(text):
                if name := _KEY.fullmatch(match[1]):
                    found.add(name[1])
                elif not _APART.fullmatch(match[1]):
                    return None
                # What it stands for is unknown, and makes no key.
                text = f"{text[: match.start()]}\0{text[match.end() :]}"
            if "${" in text:
                return None
            # Setting something above, or inside, the interpolation changes what it is.
            found.add(re.sub(r"\[(\d+)\]", r".\1", key))
    return tuple(sorted(found))


def _assigned(base: dict[str, Any], assignments: Sequence[Assignment]) -> dict[str, Any]:
    """A copy of ``base`` with values set; containers off the paths are shared, those on them are copied once."""
    root = dict(base)
    for key, value in assignments:
        parts = key.split(".")
        here: Any = root
        for part in parts[:-1]:
            index: Any = int(part) if isinstance(here, list) else part
            inner = here[index] if isinstance(here, list) else here.get(part)
            inner = list(inner) if isinstance(inner, list) else dict(inner) if isinstance(inner, dict) else {}
            here[index] = inner
            here = inner
        last: Any = int(parts[-1]) if isinstance(here, list) else parts[-1]
        old = here[last] if isinstance(here, list) else here.get(last)
        here[last] = _merged(old, value)
    return root


def _merged(old: Any, new: Any) -> Any:
    """``new`` in the place of ``old``: maps are merged, everything else is replaced."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return new
    merged = dict(old)
    for key, value in new.items():
        merged[str(key)] = _merged(merged.get(str(key)), value)
    return merged


def look_up(data: Any, key: str) -> Any:
    """The value at a dotted key of plain data; ``None`` if there is none."""
    for part in key.split("."):
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    return data

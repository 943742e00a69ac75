"""Where every value of a configuration comes from: a line of a file, a word, the environment, or a default."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schedcore.experiments.compose import Composer, leaves

_ENVIRONMENT = re.compile(r"\$\{\s*oc\.env\s*:\s*(\w+)")


@dataclass(frozen=True, slots=True)
class Source:
    """A value and its origin.

    ``origin`` is ``file``, ``word``, ``environment``, ``registered`` or ``default``; ``place`` says it in full.
    """

    key: str
    value: Any
    origin: str
    place: str

    def as_dict(self) -> dict[str, Any]:
        """The source as plain data."""
        return {"key": self.key, "value": self.value, "origin": self.origin, "place": self.place}


def shown_path(path: Path) -> str:
    """``path`` from the working directory if it is below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def file_lines(composer: Composer, choices: Mapping[str, str], words: Sequence[str] = ()) -> dict[str, tuple[str, str]]:
    """``file`` or ``registered`` and the place, for every dotted key that a file or a registered name sets."""
    found: dict[str, tuple[str, str]] = {}
    for part, package in composer.files(choices, words):
        path = composer.configs.path / f"{part}.yaml"
        inside = f"{package}." if package else ""
        if path.is_file():
            for key, line in key_lines(path):
                found[f"{inside}{key}"] = ("file", f"{shown_path(path)}:{line}")
        else:
            group, _, name = part.partition("/")
            kind = "class of your own" if ":" in name else f"registered {group}"
            found[f"{inside}name"] = ("registered", kind)
    return found


def key_lines(path: Path) -> list[tuple[str, int]]:
    """Every dotted key of a YAML file with its line; list items have keys such as ``seeds[0]``."""
    import yaml

    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    found: list[tuple[str, int]] = []

    def walk(node: Any, key: str) -> None:
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                full = f"{key}.{name.value}" if key else str(name.value)
                if full != "defaults":
                    found.append((full, name.start_mark.line + 1))
                    walk(value, full)
        elif isinstance(node, yaml.SequenceNode):
            for i, item in enumerate(node.value):
                found.append((f"{key}[{i}]", item.start_mark.line + 1))
                walk(item, f"{key}[{i}]")

    walk(node, "")
    return found


def line_of(composer: Composer, key: str, choices: Mapping[str, str], words: Sequence[str] = ()) -> str | None:
    """File and line that set ``key``, or what it stands in."""
    lines = file_lines(composer, choices, words)
    while key:
        if key in lines:
            return lines[key][1]
        key = re.sub(r"(\.[^.\[]*|\[\d+\]|^[^.\[]*)$", "", key)
    return None


def sources(
    composer: Composer, choices: Mapping[str, str], words: Sequence[str], kind: type, places: Mapping[str, str]
) -> list[Source]:
    """All values of the configuration of dataclass ``kind``, defaults among them, in the order of the schema.

    Parameters
    ----------
    words
        As Hydra gets them.
    places
        The words by the key that they set.
    """
    import dataclasses

    from omegaconf import OmegaConf

    from schedcore.experiments.points import PointMaker, look_up
    from schedcore.experiments.schema import Builder

    composed = composer.compose(choices, words)
    raw = OmegaConf.to_container(composed, resolve=False)
    plain = PointMaker(composed).make(())
    lines = file_lines(composer, choices, words)

    def place(key: str) -> str:
        word = next((place for name, place in places.items() if key == name or key.startswith(f"{name}.")), None)
        return word or line_of(composer, key, choices, words) or key

    typed = Builder(place).build(kind, plain)
    found = []
    for key, value in leaves(dataclasses.asdict(typed)):
        text = look_up(raw, re.sub(r"\[(\d+)\]", r".\1", key))
        found.append(_source(key, value, text, lines, places))
    return found


def _source(key: str, value: Any, text: Any, lines: Mapping[str, tuple[str, str]], places: Mapping[str, str]) -> Source:
    word = next(
        (place for name, place in places.items() if key == name or key.startswith((f"{name}.", f"{name}["))), ""
    )
    origin, place = ("word", word) if word else lines.get(key, ("default", "default"))
    if isinstance(text, str) and "${" in text:
        variable = _ENVIRONMENT.search(text)
        if variable:
            origin, place = "environment", f"{variable[1]}, by {place}"
        else:
            place = f"{place}: {text}"
    return Source(key, value, origin, place)

"""Bounds by name, kept in a file so that each is computed once."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from schedcore.errors import FormatError
from uam.bound.dual import COARSE, STAGES, Stage, dual_bound
from uam.scenario import Scenario

METHODS: dict[str, tuple[Stage, ...]] = {"dual": STAGES, "dual-coarse": COARSE}
"""``dual``: one-minute steps, the figure to use; ``dual-coarse``: the five-minute grid of the linear program."""


class BoundCache:
    """Upper bounds in dollars, by fingerprint of the scenario, grid and iterations; in memory, or also in a file.

    Raises
    ------
    FormatError
        The file is not one of bounds.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: dict[str, float] = {}
        if file is not None and file.exists():
            try:
                data = json.loads(file.read_text(encoding="utf-8"))
                self._known = {str(key): float(value) for key, value in data["bounds"].items()}
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise FormatError(
                    f"not a file of bounds: {error}", where=str(file), remedy="delete it, it is made again"
                ) from None

    def get(self, scenario: Scenario, method: str = "dual") -> float:
        """The bound of ``scenario``, computed when it is not known yet."""
        stages = METHODS[method]
        return self._get(scenario, f"dual {stages!r}", lambda: dual_bound(scenario, stages).value)

    def _get(self, scenario: Scenario, how: str, compute: Callable[[], float]) -> float:
        key = f"{scenario.fingerprint()} {how}"
        if key not in self._known:
            self._known[key] = compute()
            self._write()
        return self._known[key]

    def _write(self) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=self._file.name)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump({"unit": "dollars", "bounds": self._known}, out, indent=1)
        os.replace(name, self._file)

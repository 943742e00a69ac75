"""The tuned rule: a linear rule whose weights an evolution strategy found on training days."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from schedcore.errors import FormatError
from uam.baselines.linear_rule import LinearRule
from uam.baselines.rule_kernel import FLY, STAY

LABELS = (*(f"fly.{name}" for name in FLY), *(f"stay.{name}" for name in STAY))


class TunedRule(LinearRule):
    """A linear rule with the weights of a file (default: those shipped, with their provenance in it).

    Raises
    ------
    FormatError
        The file does not give every weight a number.
    """

    def __init__(self, file: Path | None = None) -> None:
        super().__init__(read_weights(file), "tuned-rule")


def read_weights(file: Path | None = None) -> list[float]:
    """The weights of ``file``, or the shipped ones."""
    source = resources.files("uam") / "data" / "rules" / "tuned.json" if file is None else file
    where = "shipped weights" if file is None else str(file)
    try:
        weights = json.loads(source.read_text(encoding="utf-8"))["weights"]
        found = {str(label): float(value) for label, value in weights.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(
            f"not a file of weights: {error}", where=where, remedy="see benchmarks/uam_tune_rule.py"
        ) from None
    unknown = sorted(set(found) ^ set(LABELS))
    if unknown:
        raise FormatError(
            f"weights missing or unknown: {', '.join(unknown)}",
            where=where,
            remedy="write the file again with benchmarks/uam_tune_rule.py",
        )
    return [found[label] for label in LABELS]

"""What candidates are judged by."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from schedcore.errors import InputError
from schedcore.experiments.trial import TrialRecord, TrialStatus
from schedcore.experiments.tuning.objective import UNSOLVED_GAP, Objective, choose_objective, mean


def record(value: float | None = 60, status: TrialStatus = TrialStatus.FEASIBLE, **more: Any) -> TrialRecord:
    objective = () if value is None else (value,)
    return TrialRecord("k", "jssp", "ft06", "spt", 0, status, objective=objective, **{"upper": 50, **more})


def test_the_gap_is_relative_to_the_best_known_value() -> None:
    gap = Objective("gap")
    assert gap.cost(record(60)) == pytest.approx(0.2)  # (60 - 50) / 50
    assert gap.cost(record(80, direction="max", lower=100)) == pytest.approx(0.2)  # (100 - 80) / 100
    assert gap.cost(record(None)) == UNSOLVED_GAP
    assert gap.cost(record(60, TrialStatus.FAILED)) == UNSOLVED_GAP
    assert gap.cost(record(3, upper=0)) == 3.0  # the scale of a best value of 0 is 1


def test_values_metrics_and_times() -> None:
    assert Objective("value").cost(record(60)) == 60
    assert Objective("value").cost(record(60, direction="max")) == -60
    assert Objective("tardiness").cost(record(metrics={"tardiness": 4})) == 4
    assert Objective("tardiness", maximise=True).cost(record(metrics={"tardiness": 4})) == -4
    assert Objective("tardiness", maximise=True).shown(-4) == 4
    assert Objective("wall_s").cost(record(wall_s=2.5)) == 2.5
    for nothing in (record(), record(metrics={"tardiness": math.nan}), record(None, TrialStatus.FAILED)):
        assert Objective("tardiness").cost(nothing) == math.inf
    assert Objective("value").cost(record(None)) == math.inf


def test_the_mean() -> None:
    assert mean([1.0, 2.0, 6.0]) == 3.0
    assert mean([1.0, math.inf]) == math.inf
    assert mean([]) == math.inf


def instance(upper: int | None) -> Any:
    return SimpleNamespace(name="x", upper_bound=upper)


def test_the_objective_is_chosen_by_what_is_known() -> None:
    assert choose_objective(None, False, [instance(5)])[0] == Objective("gap")
    assert choose_objective(None, False, [instance(5), instance(None)]) == (
        Objective("value"),
        "no best known value of x",
    )
    assert choose_objective(None, True, [instance(5)])[0] == Objective("value", True)
    assert choose_objective("wall_s", False, [])[0] == Objective("wall_s")
    with pytest.raises(InputError, match="no best known value of x"):
        choose_objective("gap", False, [instance(None)])
    with pytest.raises(InputError, match="never maximised"):
        choose_objective("gap", True, [instance(5)])

"""Demonstrations: the decisions of any policy of :mod:`uam.policies.registry`, as inputs of the network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from uam.learn.reader import StateReader
from uam.learn.rollout import Episodes
from uam.scenario import Scenario
from uam.simulator import play
from uam.state import DayState, Policy


def demonstrate(
    scenarios: list[Scenario],
    expert: Policy,
    *,
    seed: int = 0,
    progress: Callable[[int, int, float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Episodes, list[float]]:
    """All decisions of days in which ``expert`` decides, and the profits in dollars.

    ``progress`` is told days done, days in all and the mean profit so far.
    """
    episodes = Episodes()
    profits: list[float] = []
    for number, scenario in enumerate(scenarios):
        if should_stop is not None and should_stop():
            break
        reader = StateReader(scenario.plan)
        rows: list[dict[str, Tensor]] = []
        actions: list[int] = []

        def note(
            state: DayState,
            action: int,
            reader: StateReader = reader,
            rows: list[dict[str, Tensor]] = rows,
            actions: list[int] = actions,
        ) -> None:
            rows.append({name: value.clone() for name, value in reader.inputs(state).items()})
            actions.append(action)

        log = play(scenario, expert, seed=seed + number, on_decision=note)
        day = episodes.add_days(reader.static())
        episodes.add(
            {name: torch.cat([row[name] for row in rows]) for name in rows[0]},
            torch.tensor(actions),
            day.expand(len(actions)).clone(),
        )
        profits.append(log.profit)
        if progress is not None:
            progress(number + 1, len(scenarios), float(np.mean(profits)))
    return episodes, profits

"""Days for training, many at a time on the compiled simulator, as inputs of the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from uam._checks import Flags, Ints
from uam.compiled.batch import BatchSimulator
from uam.generate import generate
from uam.learn.linear import linear_actions
from uam.learn.network import STATIC_INPUTS, condense
from uam.learn.prospects import NUM_PROSPECTS, prospects_days
from uam.observation import Observation, empty_observation, sizes_of, static_part
from uam.scenario import Scenario
from uam.seeds import FIRST_TRAINING_SEED, LAST_TRAINING_SEED

DOLLARS = 50_000.0
"""Mills that are 1 in the rewards of the in-house training."""


def training_scenario(kind: str, rng: np.random.Generator) -> Scenario:
    """A scenario ``NETWORK[:OPTIONS]`` of a seed drawn from the training seeds."""
    return generate(f"{kind}:{int(rng.integers(FIRST_TRAINING_SEED, LAST_TRAINING_SEED))}")


class DayBatch:
    """B days of scenarios of one shape, observed for the network.

    Parameters
    ----------
    scenarios
        One for each day.
    """

    def __init__(self, scenarios: list[Scenario]) -> None:
        self.simulator = BatchSimulator(scenarios)
        self.sizes = sizes_of(scenarios[0].plan)
        b = len(scenarios)
        self._arrays: Observation = empty_observation(self.sizes, days=b)
        self._prospects = np.zeros((b, self.sizes.vertiports, NUM_PROSPECTS), dtype=np.float32)
        for day in range(b):
            self._put_static(day)

    def __len__(self) -> int:
        return len(self._prospects)

    @property
    def profits(self) -> Ints:
        """Profit ``[B]`` so far, mills."""
        return self.simulator.days.profit

    @property
    def now_s(self) -> Ints:
        """Time ``[B]`` of the coming decision, s."""
        return self.simulator.days.now

    @property
    def done(self) -> Flags:
        """Flags ``[B]``: the day is over."""
        return self.simulator.done

    def replace(self, day: int, scenario: Scenario) -> None:
        """Start another day in place ``day``."""
        self.simulator.put(day, scenario)
        chosen = np.zeros(len(self), dtype=np.bool_)
        chosen[day] = True
        self.simulator.reset(chosen)
        self._put_static(day)

    def _put_static(self, day: int) -> None:
        for name, array in static_part(self.simulator.scenarios[day].plan, self.sizes).items():
            self._arrays[name][day] = array

    def static(self, day: int | None = None) -> dict[str, Tensor]:
        """The parts that stay the same all day, of one day ``[1, ...]`` or of all."""
        chosen = slice(None) if day is None else slice(day, day + 1)
        return {name: torch.from_numpy(self._arrays[name][chosen].copy()) for name in STATIC_INPUTS}

    def inputs(self) -> dict[str, Tensor]:
        """Inputs of the network for the coming decisions, fresh copies."""
        self.simulator.observe(self.sizes, self._arrays, static=False)
        prospects_days(self.simulator.tables, self.simulator.days, self._prospects)
        tensors = {name: torch.from_numpy(array) for name, array in self._arrays.items()}
        tensors["prospects"] = torch.from_numpy(self._prospects)
        made = condense(tensors)
        return {name: value.clone() for name, value in made.items()}

    def linear(self, weights: np.ndarray) -> Ints:
        """Actions ``[B]`` of the linear rule; call :meth:`inputs` before."""
        actions = np.zeros(len(self), dtype=np.int64)
        linear_actions(self._prospects, self._arrays["action_mask"] > 0, weights, actions)
        return actions

    def step(self, actions: Ints) -> Ints:
        """One decision in every day; profits ``[B]``, mills."""
        return self.simulator.step(actions)


@dataclass
class Episodes:
    """Decisions with what is needed to learn from them; grows by steps of B."""

    inputs: dict[str, list[Tensor]] = field(default_factory=dict)
    actions: list[Tensor] = field(default_factory=list)
    days: list[Tensor] = field(default_factory=list)
    static: dict[str, list[Tensor]] = field(default_factory=dict)
    num_days: int = 0

    def add_days(self, static: dict[str, Tensor]) -> Tensor:
        """Numbers of new days with these static parts ``[D, ...]``."""
        count = len(next(iter(static.values())))
        for name, value in static.items():
            self.static.setdefault(name, []).append(value)
        self.num_days += count
        return torch.arange(self.num_days - count, self.num_days)

    def add(self, inputs: dict[str, Tensor], actions: Tensor, days: Tensor) -> None:
        """Append decisions."""
        for name, value in inputs.items():
            self.inputs.setdefault(name, []).append(value)
        self.actions.append(actions)
        self.days.append(days)

    def stacked(self) -> tuple[dict[str, Tensor], Tensor, Tensor, dict[str, Tensor]]:
        """Inputs, actions, days, and static parts, each along the first axis."""
        return (
            {name: torch.cat(values) for name, values in self.inputs.items()},
            torch.cat(self.actions),
            torch.cat(self.days),
            {name: torch.cat(values) for name, values in self.static.items()},
        )


ActionFunction = Callable[[DayBatch, dict[str, Tensor]], Ints]


def collect(scenarios: list[Scenario], act: ActionFunction, batch: int = 32) -> tuple[Episodes, list[float]]:
    """All decisions of days in which ``act`` decides, and the days' profits in dollars."""
    episodes, profits = Episodes(), []
    for first in range(0, len(scenarios), batch):
        days = DayBatch(scenarios[first : first + batch])
        numbers = episodes.add_days(days.static())
        while not days.done.all():
            live = torch.from_numpy(~days.done)
            inputs = days.inputs()
            actions = act(days, inputs)
            episodes.add(
                {name: value[live] for name, value in inputs.items()}, torch.from_numpy(actions)[live], numbers[live]
            )
            days.step(actions)
        profits += (days.profits / 1000).tolist()
    return episodes, profits

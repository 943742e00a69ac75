"""The day as a Gymnasium environment: one step is one decision of one aircraft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from schedcore.errors import InputError
from uam.compiled.batch import BatchSimulator
from uam.generate import generate
from uam.observation import LIMIT, Observation, Sizes, sizes_of
from uam.scenario import Scenario
from uam.seeds import FIRST_TRAINING_SEED, LAST_TRAINING_SEED

ScenarioSource = str | Scenario | Callable[[int], Scenario]

REWARDS = ("dense", "terminal")


class UamEnv(gym.Env[Any, Any]):
    """Plan a day of the fleet, one aircraft at a time.

    **Observation**: the dictionary of :mod:`uam.observation`.  **Action**: a vertiport; the own one means to stay.
    **Mask**: ``action_masks()``, ``info["action_mask"]`` and ``observation["action_mask"]``; never empty.
    **Reward**: profit over the plan's ``revenue_scale_mills``, with every flight (``dense``) or in one sum at the
    end (``terminal``); the return is the same.  **Termination**: the end of the day; never truncated.

    A forbidden action is refused with :class:`~schedcore.errors.IllegalDecisionError`; with
    ``forbidden="stay"`` it means to stay instead, and ``info["repaired"]`` says so.

    Parameters
    ----------
    scenario
        ``NETWORK[:OPTIONS]`` without a seed: every episode draws one from the training seeds (see
        :mod:`uam.seeds`); ``NETWORK[:OPTIONS]:SEED`` or a :class:`~uam.scenario.Scenario`: always this day; a
        function from seed to scenario.
    reward
        ``dense`` or ``terminal``.
    sees_remaining
        Whether observations show the passengers really left; see :attr:`uam.state.DayState.remaining`.
    sizes
        Room of the observations; default: just enough for the first scenario.
    forbidden
        ``refuse`` or ``stay``.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        scenario: ScenarioSource = "fixed8",
        *,
        reward: str = "dense",
        sees_remaining: bool = True,
        sizes: Sizes | None = None,
        forbidden: str = "refuse",
    ) -> None:
        for value, known, where in ((reward, REWARDS, "reward"), (forbidden, ("refuse", "stay"), "forbidden")):
            if value not in known:
                raise InputError(f"{value!r} is unknown", where=where, remedy="give " + " or ".join(map(repr, known)))
        self._source = scenario_source(scenario)
        self._dense = reward == "dense"
        self._repairs = forbidden == "stay"
        self._sees_remaining = sees_remaining
        self._scenario = self._source(FIRST_TRAINING_SEED)
        self.sizes = sizes or sizes_of(self._scenario.plan)
        self.sizes.check_fits(self._scenario.plan)
        self._batch = BatchSimulator([self._scenario], sees_remaining=sees_remaining)
        self._scale = self._scenario.plan.revenue_scale_mills
        self._arrays: Observation | None = None
        self.action_space = spaces.Discrete(self.sizes.vertiports)
        self.observation_space = observation_space(self.sizes)

    @property
    def scenario(self) -> Scenario:
        """The day that is being played."""
        return self._scenario

    @property
    def profit_mills(self) -> int:
        """Profit so far, mills."""
        return int(self._batch.days.profit[0])

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start a day; ``options={"scenario": Scenario or name}`` chooses it, otherwise the seed does.

        Raises
        ------
        InputError
            An unknown option, or a scenario for which the observations have no room.
        """
        super().reset(seed=seed)
        options = dict(options or {})
        given = options.pop("scenario", None)
        if options:
            raise InputError(f"unknown option {next(iter(options))!r}", where="reset", remedy="known: scenario")
        drawn = int(self.np_random.integers(FIRST_TRAINING_SEED, LAST_TRAINING_SEED))
        source = self._source if given is None else scenario_source(given)
        scenario = source(drawn)
        if scenario is not self._scenario:
            self.sizes.check_fits(scenario.plan)
            self._scenario = scenario
            self._batch = BatchSimulator([scenario], sees_remaining=self._sees_remaining)
            self._scale = scenario.plan.revenue_scale_mills
        else:
            self._batch.reset()
        self._arrays = None
        return self._observe(), self._info()

    def step(self, action: np.int64 | int) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Carry out a decision."""
        if self._batch.days.aircraft[0] < 0:
            raise InputError("the day is over", where="step", remedy="call reset")
        chosen, repaired = int(action), False
        if self._repairs and not self.action_masks()[chosen]:
            chosen, repaired = int(self._batch.days.location[0, self._batch.days.aircraft[0]]), True
        profit = int(self._batch.step([chosen])[0])
        done = bool(self._batch.days.aircraft[0] < 0)
        if self._dense:
            reward = profit / self._scale
        else:
            reward = self.profit_mills / self._scale if done else 0.0
        info = self._info()
        if self._repairs:
            info["repaired"] = repaired
        if done:
            info["profit"] = self.profit_mills / 1000
            info["scenario"] = self._scenario.name
        return self._observe(), reward, done, False, info

    def action_masks(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Flags ``[N']``: allowed actions, as sb3-contrib asks for them."""
        mask = np.zeros(self.sizes.vertiports, dtype=np.bool_)
        allowed = self._batch.masks()[0]
        mask[: len(allowed)] = allowed
        return mask

    def _observe(self) -> Observation:
        self._arrays = self._batch.observe(self.sizes, self._arrays, static=self._arrays is None)
        return {name: array[0].copy() for name, array in self._arrays.items()}

    def _info(self) -> dict[str, Any]:
        days = self._batch.days
        return {
            "action_mask": self.action_masks(),
            "aircraft": int(days.aircraft[0]),
            "now_s": int(days.now[0]),
        }


def scenario_source(scenario: ScenarioSource) -> Callable[[int], Scenario]:
    """A function from seed to scenario; names without a seed take the given one, anything fixed ignores it."""
    if isinstance(scenario, Scenario):
        return lambda seed: scenario
    if isinstance(scenario, str):
        if scenario.rpartition(":")[2].isdecimal():
            fixed = generate(scenario)
            return lambda seed: fixed
        return lambda seed: generate(f"{scenario}:{seed}")
    return scenario


def observation_space(sizes: Sizes) -> spaces.Dict:
    """The space of observations with this room."""
    boxes: dict[str, spaces.Space[Any]] = {}
    for name, shape in sizes.shapes().items():
        if name == "action_mask":
            boxes[name] = spaces.Box(0, 1, shape, np.int8)
        elif name in ("vertiport_mask", "aircraft_mask", "adjacency", "lanes", "clock"):
            boxes[name] = spaces.Box(0.0, 1.0, shape, np.float32)
        else:
            boxes[name] = spaces.Box(-LIMIT, LIMIT, shape, np.float32)
    return spaces.Dict(boxes)

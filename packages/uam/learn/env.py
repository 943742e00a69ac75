"""The Gymnasium environment with the prospects, which CapTAIN reads, among its observations."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces

from uam.env.gym_env import ScenarioSource, UamEnv
from uam.learn.prospects import NUM_PROSPECTS, prospects_days
from uam.observation import Observation, Sizes

PROSPECT_LIMIT = 10.0


class CaptainEnv(UamEnv):
    """:class:`~uam.env.gym_env.UamEnv` whose observations also hold ``prospects`` ``[N', P]``
    (:mod:`uam.learn.prospects`).  Takes the same arguments."""

    def __init__(
        self,
        scenario: ScenarioSource = "fixed8",
        *,
        reward: str = "dense",
        sees_remaining: bool = True,
        sizes: Sizes | None = None,
        forbidden: str = "refuse",
    ) -> None:
        super().__init__(scenario, reward=reward, sees_remaining=sees_remaining, sizes=sizes, forbidden=forbidden)
        parts: dict[str, spaces.Space[Any]] = dict(self.observation_space.spaces)  # type: ignore[attr-defined]
        shape = (self.sizes.vertiports, NUM_PROSPECTS)
        parts["prospects"] = spaces.Box(-PROSPECT_LIMIT, PROSPECT_LIMIT, shape, np.float32)
        self.observation_space = spaces.Dict(parts)

    def _observe(self) -> Observation:
        made = super()._observe()
        n = self.scenario.plan.num_vertiports
        found = np.zeros((1, n, NUM_PROSPECTS), dtype=np.float32)
        prospects_days(self._batch.tables, self._batch.days, found)
        made["prospects"] = np.zeros((self.sizes.vertiports, NUM_PROSPECTS), dtype=np.float32)
        made["prospects"][:n] = found[0]
        return made

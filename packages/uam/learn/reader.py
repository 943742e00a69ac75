"""From the state of one decision to inputs of the network, by the same compiled code that serves batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from uam.compiled.batch import BatchSimulator
from uam.learn.network import STATIC_INPUTS, condense
from uam.learn.prospects import NUM_PROSPECTS, prospects_days
from uam.observation import empty_observation, sizes_of, static_part
from uam.plan import Plan
from uam.scenario import Realised, Scenario
from uam.state import DayState


class StateReader:
    """Reads the states of days with one plan.  It knows nothing of what chance decides: its tables hold zeros."""

    def __init__(self, plan: Plan) -> None:
        n, k, hours = plan.num_vertiports, plan.num_aircraft, plan.hours
        slots = plan.horizon_s // plan.profile.rules.delay_slot_s
        blank = Realised(
            demand=np.zeros((n, n, hours), dtype=np.int64),
            closed=np.zeros((n, n, hours), dtype=np.bool_),
            delay_s=np.zeros((n, slots), dtype=np.int64),
            failing=np.zeros((k, hours), dtype=np.bool_),
        )
        self._batch = BatchSimulator([Scenario("blank", plan, blank)])
        self.sizes = sizes_of(plan)
        self._arrays = empty_observation(self.sizes, days=1)
        for name, array in static_part(plan, self.sizes).items():
            self._arrays[name][0] = array
        self._prospects = np.zeros((1, n, NUM_PROSPECTS), dtype=np.float32)

    def static(self) -> dict[str, Tensor]:
        """Static parts ``[1, ...]``."""
        return {name: torch.from_numpy(self._arrays[name].copy()) for name in STATIC_INPUTS}

    def arrays(self, state: DayState) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
        """The observation ``[1, ...]`` of a state, prospects included; overwritten by the next call."""
        days, tables = self._batch.days, self._batch.tables
        days.now[0] = state.now_s
        days.aircraft[0] = state.aircraft
        days.status[0] = state.status
        days.location[0] = state.location
        days.available[0] = state.available_s
        days.energy[0] = state.energy_wh
        days.present[0] = state.present
        days.inbound[0] = state.inbound
        days.charging[0] = state.charging
        days.remaining[0, :, :, state.hour] = state.remaining
        days.lane_free[0] = state.lane_free_s
        tables.closed[0, :, :, state.hour] = state.closed
        self._batch.observe(self.sizes, self._arrays, static=False)
        prospects_days(tables, days, self._prospects)
        return {**self._arrays, "prospects": self._prospects}

    def inputs(self, state: DayState) -> dict[str, Tensor]:
        """Inputs of the network ``[1, ...]``."""
        return condense({name: torch.from_numpy(array) for name, array in self.arrays(state).items()})

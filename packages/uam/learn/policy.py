"""A trained network as a policy of the simulator."""

from __future__ import annotations

import torch

from schedcore.errors import InputError
from uam.learn.fast import FastNetwork
from uam.learn.network import CaptainNetwork, DayCode
from uam.learn.reader import StateReader
from uam.plan import Plan
from uam.scenario import Realised
from uam.state import DayState


class CaptainPolicy:
    """Chooses the likeliest destination, or draws one if ``sample`` is set.

    The demand and fares are encoded once in ``reset``; a decision is one pass of the rest of the network, without torch
    where that is possible (:mod:`uam.learn.fast`).

    Raises
    ------
    InputError
        In ``reset``: the network is an mlp that was made for another number of vertiports, aircraft or hours.
    """

    clairvoyant = False

    def __init__(self, network: CaptainNetwork, name: str = "captain", *, sample: bool = False) -> None:
        self.name = name
        self.network = network.eval()
        self._sample = sample
        self._fast = None if sample or network.config.encoder == "mlp" else FastNetwork(network)
        self._reader: StateReader | None = None
        self._plan: Plan | None = None

    def reset(self, plan: Plan, realised: Realised | None, seed: int) -> None:
        config = self.network.config
        if config.encoder == "mlp":
            made = (config.vertiports, config.aircraft, self.network.hours)
            given = (plan.num_vertiports, plan.num_aircraft, plan.hours)
            if made != given:
                raise InputError(
                    f"the network was made for {made[0]} vertiports, {made[1]} aircraft and {made[2]} hours, and the "
                    f"day has {given[0]}, {given[1]} and {given[2]}",
                    where=f"policy {self.name!r}",
                    remedy="use a captain checkpoint, which takes every size, or train one for this size",
                )
        if plan is not self._plan:
            self._reader, self._plan = StateReader(plan), plan
            with torch.no_grad():
                self._code: DayCode = self.network.encode_days(self._reader.static())
            if self._fast is not None:
                self._fast.start_day(self._code)
        self._generator = torch.Generator().manual_seed(seed % 2**63)

    def act(self, state: DayState) -> int:
        assert self._reader is not None
        if self._fast is not None:
            return int(self._fast.logits(self._reader.arrays(state)).argmax())
        with torch.inference_mode():
            logits, _ = self.network(self._reader.inputs(state), self._code)
            if self._sample:
                return int(torch.multinomial(logits[0].softmax(-1), 1, generator=self._generator))
            return int(logits[0].argmax())

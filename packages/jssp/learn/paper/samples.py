"""The samples of one update: roll out, cut, complete, replay.

Section 5.2 of the specification: the agent's episode is cut at a random step, a solver completes the half-built
schedule, and three sets of (state, action) come out: the prefix, the solver's continuation and the agent's own.  If a
step executes several actions, each is a sample with the state at the beginning of the step (trap T6 kept).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jssp._arrays import IntArray
from jssp.env.batch import BatchJobShopEnv, Shops
from jssp.env.modes import ActionMode
from jssp.env.observation import ObservationForm
from jssp.learn.paper.oracle import Completion

RawArrays = dict[str, Any]
Completer = Callable[[Sequence[Completion]], list[IntArray | None]]
"""Solves completions, in order; ``None`` for one that failed."""


@dataclass(frozen=True, slots=True)
class Samples:
    """States and the actions taken in them.

    ``states`` are compact observations (:meth:`BatchJobShopEnv.raw_observation`) with a leading axis [state]; sample
    ``i`` is action ``action[i]`` in state ``state[i]`` with advantage ``advantage[i]``.
    """

    states: RawArrays
    state: IntArray
    action: IntArray
    advantage: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.action)


@dataclass(frozen=True, slots=True)
class Update:
    """The two sample sets of an update, and figures about it."""

    suffix: Samples
    prefix: Samples
    figures: dict[str, float]


class Recorder:
    """States and executed actions of a batch, step by step."""

    def __init__(self) -> None:
        self.raw: list[RawArrays] = []
        self.executed: list[IntArray] = []
        self.counts: list[IntArray] = []

    def __len__(self) -> int:
        return len(self.raw)

    def note(self, raw: RawArrays, executed: IntArray, counts: IntArray) -> None:
        self.raw.append(raw)
        self.executed.append(executed)
        self.counts.append(counts)

    def select(self, env: int, first: int, last: int, advantage: float, into: _Collector) -> None:
        """Adds the samples of steps ``first`` … ``last`` - 1 of one environment."""
        for step in range(first, min(last, len(self))):
            count = int(self.counts[step][env])
            if count:
                into.add({k: v[env] for k, v in self.raw[step].items()}, self.executed[step][env, :count], advantage)


class _Collector:
    """Gathers samples of many episodes."""

    def __init__(self) -> None:
        self.states: list[RawArrays] = []
        self.state: list[int] = []
        self.action: list[int] = []
        self.advantage: list[float] = []

    def add(self, state: RawArrays, actions: IntArray, advantage: float) -> None:
        self.states.append(state)
        for action in actions.tolist():
            self.state.append(len(self.states) - 1)
            self.action.append(action)
            self.advantage.append(advantage)

    def done(self) -> Samples:
        keys = self.states[0] if self.states else {}
        return Samples(
            {key: np.stack([state[key] for state in self.states]) for key in keys},
            np.array(self.state, dtype=np.int64),
            np.array(self.action, dtype=np.int64),
            np.array(self.advantage, dtype=np.float32),
        )


def roll_out(env: BatchJobShopEnv, weights: Any, legacy: bool, seed: int) -> tuple[Recorder, IntArray]:
    """Plays all environments to the end with the policy at temperature 1; what happened, and their step counts."""
    from jssp.learn.paper import forward

    all_logits: Any = forward.all_logits

    recorder = Recorder()
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 1])))
    lengths = np.zeros(env.num_envs, dtype=np.int64)
    env.reset()
    while not env.done.all():
        raw = env.raw_observation()
        logits = np.empty(raw["action_mask"].shape, dtype=np.float32)
        all_logits(weights, legacy, *_network_inputs(raw), logits)
        keys = logits + rng.gumbel(size=logits.shape)  # a ranking drawn without replacement
        executed, counts = env.step_keys(keys)
        recorder.note(raw, executed, counts)
        lengths += counts > 0
    return recorder, lengths


def _network_inputs(raw: RawArrays) -> tuple[Any, ...]:
    keys = (
        "interval_rep",
        "start_end_tokens",
        "attention_interval_mask",
        "index_interval",
        "action_mask",
        "group",
    )
    return tuple(raw[key] for key in keys)


def gather(
    shops: Shops,
    weights: Any,
    form: ObservationForm,
    *,
    episodes: int,
    time_limit_s: float,
    deterministic_limit: float | None,
    seed: int,
    completer: Completer,
) -> Update:
    """Everything that one update learns from; episode ``i`` plays shop ``i`` modulo the number of shops."""
    env = BatchJobShopEnv(shops, episodes // len(shops.instances), mode=ActionMode.NO_OP, form=form)
    recorder, lengths = roll_out(env, weights, form.legacy, seed)
    agent, agent_makespan = env.starts.copy(), env.makespans()
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 2])))
    cut = int(rng.integers(1, max(int(lengths.min()), 2)))
    env.reset()
    for step in range(cut):
        env.step(recorder.executed[step])
    tasks = [
        Completion(
            shops.instances[int(env.shop[e])],
            _own(shops, env, env.starts, e),
            env.ready[e].copy(),
            _own(shops, env, agent, e),
            time_limit_s,
            deterministic_limit,
            seed=(seed * 1009 + e) & 0x7FFFFFFF,
        )
        for e in range(env.num_envs)
    ]
    completions = completer(tasks)
    target = agent.copy()
    solved = np.array([found is not None for found in completions])
    for e, found in enumerate(completions):
        if found is not None:
            target[e, :, : found.shape[1]] = found
    good, followed = _follow(env, target)
    solved &= followed
    ends = np.where(target >= 0, target + shops.durations[env.shop], 0).max(axis=(1, 2))
    solver_makespan = np.where(solved, ends, agent_makespan)
    gain = np.maximum(0.0, (agent_makespan - solver_makespan) / agent_makespan)
    suffix, prefix = _Collector(), _Collector()
    for s in range(len(shops.instances)):
        mine = np.flatnonzero(env.shop == s)
        weight = (gain[mine] - gain[mine].min()) / (np.ptp(gain[mine]) + 1e-8)
        reached = solver_makespan[mine].astype(np.float64)
        score = (reached - reached.mean()) / (reached.std() + 1e-8)
        for e, w, z in zip(mine.tolist(), weight.tolist(), score.tolist()):
            if solved[e]:
                good.select(e, 0, len(good), w, suffix)
                recorder.select(e, cut, len(recorder), -w, suffix)
                # The second phase minimises z * ratio, so the advantage of a prefix is -z.
                recorder.select(e, 0, cut, -z, prefix)
    bound = np.array([shop.lower_bound() for shop in shops.instances], dtype=np.float64)[env.shop]
    figures = {
        "agent_over_bound": float((agent_makespan / bound).mean()),
        "solver_over_bound": float((solver_makespan / bound).mean()),
        "improvement": float(gain.mean()),
        "cut": float(cut),
        "steps": float(lengths.mean()),
        "noop_share": _noop_share(recorder, shops.num_jobs),
        "unsolved": float((~solved).sum()),
    }
    return Update(suffix.done(), prefix.done(), figures)


def _own(shops: Shops, env: BatchJobShopEnv, starts: IntArray, e: int) -> IntArray:
    """The rows of an instance without the padding of the batch."""
    return starts[e, :, : shops.instances[int(env.shop[e])].machine_matrix.shape[1]].copy()


def _follow(env: BatchJobShopEnv, target: IntArray) -> tuple[Recorder, npt.NDArray[np.bool_]]:
    """Follows ``target`` to the end from where the environments stand; which of them arrived."""
    recorder = Recorder()
    while True:
        raw = env.raw_observation()
        executed, counts = env.follow(target, strict=False)
        if not counts.any():
            break
        recorder.note(raw, executed, counts)
    arrived = env.done & (env.starts == np.where(env.starts >= 0, target, env.starts)).all(axis=(1, 2))
    return recorder, arrived


def _noop_share(recorder: Recorder, noop: int) -> float:
    """Share of the steps with a legal No-Op that took it."""
    legal = sum(int((raw["action_mask"][:, noop]).sum()) for raw in recorder.raw)
    taken = sum(int((executed == noop).sum()) for executed in recorder.executed)
    return taken / max(legal, 1)

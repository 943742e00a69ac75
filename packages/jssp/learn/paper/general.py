"""The network on the generic constraint model: one rollout of any problem that the model can say."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from jssp.env.cp_env import CpEnv
from jssp.env.modes import ActionMode
from jssp.learn.paper.checkpoint import Checkpoint
from schedcore.model import Problem, Schedule


def play(
    problem: Problem, checkpoint: Checkpoint, heat: float, *, mode: ActionMode | str = ActionMode.NO_OP, seed: int = 0
) -> Schedule:
    """The schedule of one rollout; temperature 0 follows the logits.

    Raises
    ------
    UnsupportedFeatureError
        The problem uses features that the constraint model lacks.
    """
    from jssp.learn.paper.forward import pack

    env = CpEnv(problem, mode=mode, form=checkpoint.form)
    weights = pack(checkpoint.weights)
    rng = np.random.default_rng(seed)
    while not env.done:
        keys = logits(weights, checkpoint.form.legacy, env.observe())
        if heat > 0:
            keys = keys / heat + rng.gumbel(size=keys.shape)
        legal = np.flatnonzero(env.action_mask())
        env.step(legal[np.argsort(-keys[legal], kind="stable")].tolist())
    return env.schedule()


def logits(weights: Any, legacy: bool, seen: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
    """Logits of one observation with any resource mask, [jobs + 1]; illegal actions at -3.4e38."""
    from jssp.learn.paper import forward

    out = np.empty(len(seen["action_mask"]), dtype=np.float32)
    run: Any = forward.masked_logits
    run(
        weights,
        legacy,
        seen["interval_rep"],
        seen["start_end_tokens"],
        seen["attention_interval_mask"],
        seen["index_interval"],
        seen["action_mask"],
        seen["job_resource_mask"],
        out,
    )
    return out.astype(np.float64)

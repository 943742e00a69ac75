"""Choosing a backend by its name, or for the work at hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from schedcore.errors import unknown_name
from schedcore.experiments.backends.protocol import Backend
from schedcore.experiments.trial import Trial

if TYPE_CHECKING:
    from schedcore.experiments.config import BackendConfig

BACKENDS = ("auto", "inline", "process", "ray")
SMALL_S = 60.0
"""Work that may take longer than this is given to Ray, whose start takes about 20 s."""


def choose_backend(config: BackendConfig, trials: Sequence[Trial]) -> tuple[str, str]:
    """Name of a backend for ``trials``, and the reason in words.

    ``auto`` takes ``ray`` where an address of a cluster is given or in ``RAY_ADDRESS``, ``inline`` for one trial,
    ``process`` for work of less than :data:`SMALL_S` and ``ray`` for more.

    Raises
    ------
    UnknownNameError
        There is no such backend; near misses are suggested.
    """
    from schedcore.experiments.backends.resources import processors

    check_backend_name(config.name)
    if config.name != "auto":
        return config.name, "asked for"
    if config.address:
        return "ray", f"the address of a cluster is given: {config.address}"
    if address := os.environ.get("RAY_ADDRESS"):
        return "ray", f"RAY_ADDRESS is {address}"
    if len(trials) == 1:
        return "inline", "one trial"
    slots = config.slots or processors()
    wall_s = sum(trial.time_limit_s * trial.workers for trial in trials) / slots
    text = f"{len(trials)} trials, at most {wall_s:.0f} s on {slots} processors"
    if wall_s < SMALL_S:
        return "process", f"{text}, less than the {SMALL_S:.0f} s from which on Ray pays"
    return "ray", text


def make_backend(
    name: str,
    config: BackendConfig,
    *,
    warm_up: bool = True,
    give_up: Callable[[], bool] | None = None,
    say: Callable[[str], None] | None = None,
) -> Backend:
    """The backend ``name`` with the settings of ``config``.

    Parameters
    ----------
    warm_up
        Let methods load what they need before their first trial in a worker.
    give_up
        Ends the running trial of ``inline``, which has no other process to end.
    say
        Told what the user should know.

    Raises
    ------
    UnknownNameError
        There is no such backend.
    InputError
        Settings that the backend refuses.
    """
    check_backend_name(name)
    if name == "inline":
        from schedcore.experiments.backends.inline import InlineBackend

        return InlineBackend(config.grace_s, give_up)
    if name == "process":
        from schedcore.experiments.backends.process import ProcessBackend

        return ProcessBackend(config.slots, config.grace_s, memory_mb=config.memory_mb, warm_up=warm_up)
    from schedcore.experiments.backends.ray import RayBackend

    return RayBackend(
        address=config.address or os.environ.get("RAY_ADDRESS") or None,
        slots=config.slots,
        grace_s=config.grace_s,
        object_store_mb=config.object_store_mb,
        memory_mb=config.memory_mb,
        warm_up=warm_up,
        say=say,
    )


def check_backend_name(name: str) -> None:
    """Refuse a name that is no backend; near misses are suggested."""
    if name not in BACKENDS:
        raise unknown_name("backend", name, BACKENDS, where="backend")

"""``execute``: one policy, one problem, one schedule."""

from __future__ import annotations

from schedcore.errors import UnsupportedFeatureError
from schedcore.executor.engine import Executor
from schedcore.executor.policy import Policy
from schedcore.executor.realisation import Realisation
from schedcore.model import Problem, Schedule


def execute(
    problem: Problem,
    policy: Policy,
    seed: int = 0,
    *,
    realisation: Realisation | None = None,
    enforce_deadlines: bool = True,
) -> Schedule:
    """Let ``policy`` decide on ``problem`` until everything has run.

    Parameters
    ----------
    seed
        Given to ``policy.reset``.
    realisation
        What really happens; ``None``: what is planned.
    enforce_deadlines
        Refuse starts that break a deadline or the horizon.  ``False`` lets tasks be late, as a
        replay under uncertainty must.

    Returns
    -------
    Schedule
        Passes the checker (with the realised durations and capacities, if there is a realisation).

    Raises
    ------
    UnsupportedFeatureError
        If the policy does not understand a feature of the problem.
    IllegalDecisionError
        If the policy asks for a start that the rules forbid.
    NoScheduleError
        If the run ends in a dead end or a deadlock; the message names tasks and lags.
    """
    from schedcore.executor.sgs.chronological import non_delay
    from schedcore.policies.priority import PriorityPolicy

    missing = problem.features() - policy.features
    if missing:
        raise UnsupportedFeatureError.of(f"policy {policy.name!r}", missing)
    if realisation is None and enforce_deadlines and type(policy) is PriorityPolicy:
        # The same decisions without a look at each of them; a failure is left to the executor to explain.
        policy.reset(problem, seed)
        schedule = non_delay(problem, policy)
        if schedule is not None:
            return schedule
    executor = Executor(problem, realisation=realisation, enforce_deadlines=enforce_deadlines)
    policy.reset(problem, seed)
    while not executor.done:
        executor.apply(policy.decide(executor.state))
    return executor.schedule()

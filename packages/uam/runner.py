"""The runner ``day`` of experiments: a policy plans a scenario; the day must pass the core's checker."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from schedcore.experiments.runner import InvalidScheduleError, RunnerResult
from schedcore.experiments.trial import Trial, TrialStatus

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

UNITS = {
    "revenue": "$",
    "flight_cost": "$",
    "operating_cost": "$",
    "delay_minutes": "min",
    "idle_hours": "h",
    "repair_hours": "h",
}


class DayRunner:
    """Play the day of the instance with the policy of the trial; the objective is the profit in dollars."""

    name = "day"
    summary = "Simulate a day under a policy, and check it"
    direction = "max"
    needs_problem = False

    def fingerprint(self, trial: Trial) -> str:
        """That of the scenario."""
        from uam.domain import load_scenario

        return load_scenario(trial.instance, [Path(folder) for folder in trial.data_dirs]).fingerprint()

    def run(self, trial: Trial, loaded: LoadedInstance | None, should_stop: Callable[[], bool] | None) -> RunnerResult:
        """Play and check.

        Raises
        ------
        InvalidScheduleError
            The day breaks a rule.
        """
        from uam.core import to_core
        from uam.domain import load_scenario
        from uam.policies.registry import make_policy
        from uam.simulator import play

        settings = dict(trial.settings)
        scenario = load_scenario(trial.instance, [Path(folder) for folder in trial.data_dirs])
        policy = make_policy(trial.solver, dict(trial.parameters))
        begun = time.perf_counter()
        log = play(scenario, policy, seed=trial.seed, sees_remaining=not settings.get("hide_demand", False))
        seconds = time.perf_counter() - begun
        report = to_core(log).check()
        if not report.ok:
            raise InvalidScheduleError(f"the day breaks rules: {report.to_text(limit=3)}")
        metrics = {name: float(value) for name, value in log.summary().items() if name != "profit"}
        return RunnerResult(
            status=TrialStatus.FEASIBLE,
            objective=(log.profit,),
            metrics=metrics,
            units={name: UNITS.get(name, "1") for name in metrics},
            wall_s=seconds,
            quantity="profit",
            unit="$",
        )

"""Simulations as trials of a sweep: ``sched sweep llmserve domain.runner=serve settings.workload=lmsys,sharegpt``."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmserve.deployment import Deployment, parse_deployment
from llmserve.simulate.capacity import Limit, capacity_search
from llmserve.simulate.metrics import Slo, summary
from llmserve.simulate.setup import Setup, make_setup
from llmserve.simulate.simulator import simulate
from llmserve.workload import Arrivals, Workload, make_workload, parse_arrivals
from schedcore.errors import InputError, unknown_name
from schedcore.experiments.runner import RunnerResult
from schedcore.experiments.trial import Trial, TrialStatus

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

SERVE_KEYS = (
    "workload",
    "requests",
    "duration_s",
    "rate",
    "arrivals",
    "policy",
    "mode",
    "token_budget",
    "max_requests",
    "other_s",
    "cpu_s",
    "host_gb",
    "disk_gb",
    "swap_gb",
    "reuse",
    "pad",
    "max_iterations",
    "ttft_s",
    "tpot_s",
    "normalised_latency_s",
    "plan",
    "interference",
)
"""Settings of a simulated trial; ``sched simulate llmserve`` has an option for each."""

SETUP_KEYS = (
    "policy",
    "mode",
    "token_budget",
    "max_requests",
    "other_s",
    "cpu_s",
    "host_gb",
    "disk_gb",
    "swap_gb",
    "reuse",
    "pad",
    "interference",
)

CAPACITY_KEYS = (
    *("workload", "mode", "token_budget", "duration_s", "limit_s", "usd_per_gpu_hour", "tolerance"),
    *("policy", "max_requests", "other_s", "cpu_s", "host_gb", "disk_gb", "swap_gb", "reuse", "pad"),
    "interference",
)


def checked(settings: Mapping[str, Any], known: tuple[str, ...], where: str) -> dict[str, Any]:
    """The settings that are given, if all are known.

    Raises
    ------
    UnknownNameError
        A key of another name.
    """
    for key in settings:
        if key not in known:
            raise unknown_name("setting", key, known, where=where)
    return {key: value for key, value in settings.items() if value is not None}


def workload_of(settings: Mapping[str, Any], seed: int, data_dirs: tuple[Path, ...]) -> Workload:
    """The workload that settings describe: offline without a rate; 4000 requests, or 300 s of arrivals, by default."""
    name = str(settings.get("workload", "512-512"))
    rate = settings.get("rate")
    arrivals: Arrivals | None = None
    if rate is not None or "arrivals" in settings:
        arrivals = parse_arrivals(str(settings.get("arrivals", "poisson")), None if rate is None else float(rate))
    requests, duration_s = settings.get("requests"), settings.get("duration_s")
    if requests is not None and duration_s is not None:
        raise InputError(
            "both a number of requests and a duration are given", where="workload", remedy="give one of them"
        )
    if requests is None and duration_s is None and not name.lower().endswith((".csv", ".jsonl")):
        if arrivals is not None and arrivals.rate_per_s is not None:
            duration_s = 300.0
        else:
            requests = 4000
    return make_workload(
        name, requests=requests, duration_s=duration_s, arrivals=arrivals, seed=seed, data_dirs=data_dirs
    )


def setup_arguments(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``make_setup`` among the settings; the interference table may be given by name."""
    from llmserve.interference import find_interference

    found = {key: settings[key] for key in SETUP_KEYS if settings.get(key) is not None}
    if isinstance(found.get("interference"), str):
        found["interference"] = find_interference(found["interference"])
    return found


def setup_of(deployment: Deployment, workload: Workload, settings: Mapping[str, Any]) -> Setup:
    """The set-up that settings describe."""
    setup = make_setup(deployment, workload, **setup_arguments(settings))
    if settings.get("plan") is None:
        return setup
    from llmserve.plan.plan import read_plan
    from llmserve.simulate.planned import with_plan

    for key in ("mode", "token_budget", "pad"):
        if key in settings:
            raise InputError(
                f"{key} beside a plan", where="simulation", remedy=f"the plan says it; leave {key} away, or the plan"
            )
    return with_plan(setup, read_plan(Path(settings["plan"])))


def slo_of(settings: Mapping[str, Any]) -> Slo | None:
    """The SLO that settings describe, ``None`` if none."""
    given = {key: float(settings[key]) for key in Slo.__slots__ if settings.get(key) is not None}
    return Slo(**given) if given else None


def _fingerprint(trial: Trial) -> str:
    settings = dict(trial.settings)
    own: dict[str, Any] = {"instance": trial.instance, "settings": {k: str(v) for k, v in settings.items()}}
    for key in ("workload", "plan"):
        path = Path(str(settings.get(key, "")))
        if path.suffix.lower() in (".csv", ".jsonl", ".json") and path.is_file():
            own[key] = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    return hashlib.blake2b(json.dumps(own, sort_keys=True).encode(), digest_size=16).hexdigest()


def flat_metrics(data: Mapping[str, Any]) -> dict[str, float]:
    """Numbers of a summary by name: ``ttft_s.p99`` and the like."""
    found: dict[str, float] = {}
    for key, value in data.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{name}": float(number) for name, number in value.items()}
        else:
            found[key] = float(value)
    return found


class ServeRunner:
    """One simulation; the objective is total tokens per second and GPU."""

    name, summary, direction, needs_problem = "serve", "simulate serving a workload", "max", False

    def fingerprint(self, trial: Trial) -> str:
        """Of deployment, settings, and the files that they name."""
        return _fingerprint(trial)

    def run(self, trial: Trial, loaded: LoadedInstance | None, should_stop: Callable[[], bool] | None) -> RunnerResult:
        """Simulate; settings as in :data:`SERVE_KEYS`."""
        began = time.perf_counter()
        settings = checked(dict(trial.settings), SERVE_KEYS, "settings of runner serve")
        deployment = parse_deployment(trial.instance)
        workload = workload_of(settings, trial.seed, tuple(map(Path, trial.data_dirs)))
        setup = setup_of(deployment, workload, settings)
        result = simulate(
            workload,
            **setup.arguments(),
            max_iterations=settings.get("max_iterations"),
            should_stop=should_stop,
        )
        data = summary(result, slo_of(settings))
        per_gpu = data.get("tokens_per_s", 0.0) / deployment.gpus
        return RunnerResult(
            TrialStatus.FEASIBLE,
            (per_gpu,),
            metrics={"tokens_per_s_per_gpu": per_gpu, **flat_metrics(data)},
            units={"tokens_per_s_per_gpu": "tok/s/GPU", "makespan_s": "s"},
            wall_s=time.perf_counter() - began,
            message=f"{setup.policy.name}, {setup.time.mode}, budget {setup.policy.token_budget}",
        )


class CapacityRunner:
    """The highest rate within a limit; the objective is requests per second."""

    name, summary, direction, needs_problem = "capacity", "find the highest rate within a latency limit", "max", False

    def fingerprint(self, trial: Trial) -> str:
        """Of deployment, settings, and the files that they name."""
        return _fingerprint(trial)

    def run(self, trial: Trial, loaded: LoadedInstance | None, should_stop: Callable[[], bool] | None) -> RunnerResult:
        """Search; settings as in :data:`CAPACITY_KEYS`."""
        began = time.perf_counter()
        settings = checked(dict(trial.settings), CAPACITY_KEYS, "settings of runner capacity")
        deployment = parse_deployment(trial.instance)
        others = setup_arguments({k: v for k, v in settings.items() if k not in ("mode", "token_budget")})
        found = next(
            capacity_search(
                deployment,
                str(settings.get("workload", "sharegpt")),
                modes=(str(settings.get("mode", "overlap")),),
                budgets=(int(settings.get("token_budget", 1024)),),
                limit=Limit(float(settings.get("limit_s", 0.2))),
                duration_s=float(settings.get("duration_s", 300.0)),
                usd_per_gpu_hour=settings.get("usd_per_gpu_hour"),
                tolerance=float(settings.get("tolerance", 0.02)),
                seed=trial.seed,
                **others,
            )
        )
        metrics = {"tokens_per_s_per_gpu": found.tokens_per_s_per_gpu}
        if found.usd_per_million_tokens is not None:
            metrics["usd_per_million_tokens"] = found.usd_per_million_tokens
        return RunnerResult(
            TrialStatus.FEASIBLE,
            (found.rate_per_s,),
            metrics=metrics,
            units={"tokens_per_s_per_gpu": "tok/s/GPU", "usd_per_million_tokens": "USD"},
            wall_s=time.perf_counter() - began,
            message=f"{found.mode}, budget {found.token_budget}",
        )

"""What ``sched simulate llmserve DEPLOYMENT`` does: serve a workload under batch policies, and say how it went.

One simulation per policy; with several rates a latency curve; with ``--capacity`` the highest rate of every mode and
budget within a latency limit, and what tokens cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schedcore.domain_options import DomainOption
from schedcore.domain_verbs import Answer, Request
from schedcore.errors import InputError

_SIMULATE = ("simulate",)


def _number(name: str, text: str, metavar: str, minimum: float = 0.0, **more: Any) -> DomainOption:
    return DomainOption(name, text, float, metavar=metavar, minimum=minimum, verbs=_SIMULATE, **more)


SIMULATE_OPTIONS = (
    DomainOption("requests", "How many requests.", int, metavar="N", minimum=1, verbs=_SIMULATE),
    _number("duration", "Seconds of arrivals, instead of a number of requests.", "S"),
    _number("rate", "Requests per second; several for a latency curve.", "HZ", multiple=True),
    DomainOption("arrivals", "poisson, uniform, gamma:CV, or offline.", metavar="PROCESS", verbs=_SIMULATE),
    DomainOption(
        "mode",
        "How operations are run (default: auto, overlap where it pays).",
        choices=("auto", "sequential", "nanobatch", "overlap", "overlap+offload"),
        verbs=_SIMULATE,
    ),
    DomainOption(
        "budget",
        "Tokens per iteration; several with --capacity.",
        int,
        metavar="N",
        minimum=1,
        multiple=True,
        verbs=_SIMULATE,
    ),
    DomainOption("max-requests", "Requests running at most.", int, metavar="N", minimum=1, verbs=_SIMULATE),
    DomainOption("plan", "Run this plan file of sched solve.", Path, metavar="FILE", verbs=_SIMULATE),
    _number("cpu-ms", "Milliseconds on the CPU to form an iteration.", "MS"),
    _number("swap-gb", "Host memory for requests that make room (default: 64).", "GB"),
    _number("host-gb", "Host memory that keeps KV pages for later rounds.", "GB"),
    _number("disk-gb", "Disk below it.", "GB"),
    DomainOption("reuse", "Share equal leading pages on the GPU.", bool, verbs=_SIMULATE),
    _number("conversation-rounds", "Conversations of this mean number of rounds.", "MEAN", minimum=1.0),
    _number("think-s", "Mean seconds between rounds (default: 30).", "S"),
    DomainOption("iterations", "Stop after so many iterations.", int, metavar="N", minimum=1, verbs=_SIMULATE),
    _number("ttft-ms", "Limit of the time to the first token, for goodput.", "MS"),
    _number("tpot-ms", "Limit of the time per output token, for goodput.", "MS"),
    _number("latency-ms", "Limit of the normalised latency per token, for goodput and capacity (200).", "MS"),
    DomainOption("capacity", "Search the highest rate within the latency limit.", bool, verbs=_SIMULATE),
    _number("gpu-price", "USD per GPU and hour, for the cost of tokens.", "USD"),
)
"""Options of ``sched simulate llmserve`` beside ``--workload``, ``--interference`` and ``--other-ms``."""

_SETTINGS = {
    # option: setting of the runner, factor
    "workload": ("workload", None),
    "requests": ("requests", None),
    "duration": ("duration_s", None),
    "arrivals": ("arrivals", None),
    "mode": ("mode", None),
    "max_requests": ("max_requests", None),
    "plan": ("plan", None),
    "cpu_ms": ("cpu_s", 1e-3),
    "other_ms": ("other_s", 1e-3),
    "swap_gb": ("swap_gb", None),
    "host_gb": ("host_gb", None),
    "disk_gb": ("disk_gb", None),
    "reuse": ("reuse", None),
    "interference": ("interference", None),
    "iterations": ("max_iterations", None),
    "ttft_ms": ("ttft_s", 1e-3),
    "tpot_ms": ("tpot_s", 1e-3),
    "latency_ms": ("normalised_latency_s", 1e-3),
}


def simulate(request: Request) -> Answer:
    """Answer ``sched simulate llmserve``.

    Raises
    ------
    InputError
        Options that do not go together, or of which the simulator can make nothing.
    UnknownNameError
        Unknown deployments, workloads, policies; near misses are suggested.
    """
    from llmserve.instance import parse_instance

    if request.solvers:
        raise InputError("a simulation takes no solver", where="--solver", remedy="choose a policy with --policy")
    if request.scenarios is not None or request.metric is not None or request.rounds is not None:
        raise InputError(
            "a simulation of serving has no scenarios, metric or rounds of the core",
            where="--scenarios, --metric, --rounds",
            remedy="leave them away; --seed draws other requests",
        )
    instance = parse_instance(request.instance)
    options = {**{k: v for k, v in instance.said.items() if k in _SETTINGS}, **request.options}
    settings = _settings(options)
    rates = tuple(options.get("rate") or ())
    budgets = tuple(options.get("budget") or ())
    if options.get("capacity"):
        return _capacity(request, instance.deployment, settings, options, budgets)
    if "gpu_price" in options:
        raise InputError("a price without --capacity", where="--gpu-price", remedy="add --capacity")
    if len(budgets) > 1:
        raise InputError("several budgets", where="--budget", remedy="give one, or add --capacity")
    if budgets:
        settings["token_budget"] = budgets[0]
    if len(rates) > 1:
        return _curve(request, instance.deployment, settings, rates)
    if rates:
        settings["rate"] = rates[0]
    return _runs(request, instance.deployment, settings, options)


def _settings(options: Mapping[str, Any]) -> dict[str, Any]:
    from llmserve.interference import find_interference

    found: dict[str, Any] = {}
    for option, (setting, factor) in _SETTINGS.items():
        if options.get(option) is not None:
            found[setting] = options[option] if factor is None else factor * float(options[option])
    if "interference" in found:
        found["interference"] = find_interference(str(found["interference"]))
    return found


def _runs(request: Request, deployment: Any, settings: dict[str, Any], options: Mapping[str, Any]) -> Answer:
    """One simulation per policy."""
    from llmserve.simulate.capacity import offline_tokens_per_s
    from llmserve.simulate.metrics import summary
    from llmserve.simulate.runner import setup_of, slo_of
    from llmserve.simulate.simulator import simulate as run

    workload = _workload(request, settings, options)
    policies = request.policies or ("nanoflow",)
    if request.plot is not None and len(policies) > 1:
        raise InputError("one picture for several policies", where="--plot", remedy="give one --policy")
    data: list[dict[str, Any]] = []
    result = None
    for policy in policies:
        setup = setup_of(deployment, workload, {**settings, "policy": policy})
        result = run(
            workload,
            **setup.arguments(),
            max_iterations=settings.get("max_iterations"),
            progress=request.progress,
            should_stop=request.should_stop,
        )
        figures = summary(result, slo_of(settings))
        per_gpu = figures.get("tokens_per_s", 0.0) / deployment.gpus
        if workload.offline and result.num_iterations:
            figures["middle_tokens_per_s_per_gpu"] = offline_tokens_per_s(result) / deployment.gpus
        data.append(
            {
                "policy": policy,
                "mode": str(setup.time.mode),
                "token_budget": setup.policy.token_budget,
                "tokens_per_s_per_gpu": per_gpu,
                **figures,
            }
        )
    written: tuple[Path, ...] = ()
    if request.plot is not None and result is not None:
        written = (_save(request.plot, result, deployment.name),)
    warnings = () if all(d["finished"] == d["requests"] for d in data) else ("some requests were not finished",)
    answer = {"deployment": deployment.name, "workload": workload.summary(), "seed": request.seed, "runs": data}
    return Answer(answer, _run_text(deployment.name, workload.summary(), data), written, warnings=warnings)


def _workload(request: Request, settings: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
    from llmserve.simulate.runner import workload_of
    from llmserve.workload import Arrivals, conversations, find_law

    if "conversation_rounds" not in options:
        if "think_s" in options:
            raise InputError("thinking time without rounds", where="--think-s", remedy="add --conversation-rounds")
        return workload_of(settings, request.seed, request.data_dirs)
    if "duration_s" in settings or "arrivals" in settings:
        raise InputError(
            "conversations come by number, with Poisson arrivals or at once",
            where="--conversation-rounds",
            remedy="use --requests (conversations) and --rate",
        )
    return conversations(
        find_law(str(settings.get("workload", "lmsys"))),
        int(settings.get("requests", 1000)),
        mean_rounds=float(options["conversation_rounds"]),
        think_s=float(options.get("think_s", 30.0)),
        arrivals=Arrivals("poisson", float(settings["rate"])) if "rate" in settings else None,
        seed=request.seed,
    )


def _save(path: Path, result: Any, name: str) -> Path:
    from llmserve.simulate.plots import simulation_figure
    from schedcore.plot import save

    title = f"{name}: {result.workload.name}, {result.policy.name}"
    return Path(save(simulation_figure(result, title=title), path))


def _run_text(name: str, workload: Mapping[str, Any], data: list[dict[str, Any]]) -> str:
    from schedcore.cli.text import table

    def part(row: Mapping[str, Any], key: str, which: str) -> float | None:
        value = row.get(key, {}).get(which)
        return None if value is None else float(value)

    middle = any("middle_tokens_per_s_per_gpu" in row for row in data)
    header = [
        *("policy", "mode", "budget", "tok/s/GPU"),
        *(("middle",) if middle else ()),
        *("req/s", "TTFT p50 s", "TPOT p50 s", "s/token", "p99", "preempted"),
        *(("good/s", "kept") if any("goodput_per_s" in row for row in data) else ()),
    ]
    rows = []
    for row in data:
        line = [
            row["policy"],
            row["mode"],
            row["token_budget"],
            round(row["tokens_per_s_per_gpu"], 1),
            *((round(row["middle_tokens_per_s_per_gpu"], 1),) if middle else ()),
            row.get("requests_per_s"),
            part(row, "ttft_s", "p50"),
            part(row, "tpot_s", "p50"),
            part(row, "normalised_latency_s", "mean"),
            part(row, "normalised_latency_s", "p99"),
            row["preemptions"],
        ]
        if header[-1] == "kept":
            line += [row.get("goodput_per_s"), row.get("slo_attainment")]
        rows.append(line)
    first = data[0]
    head = (
        f"{name}: {workload['requests']:,} requests of {workload['name']} "
        f"({workload['mean_prompt_tokens']:.0f} + {workload['mean_output_tokens']:.0f} tokens on average)"
    )
    tail = (
        f"{first['iterations']:,} iterations in {first['makespan_s']:,.1f} s simulated; "
        f"peak of KV pages {first['peak_pages']:,} of {first['pages']:,}"
    )
    if any(row["reused_tokens"] for row in data):
        tail += f"; {first['reused_tokens']:,} prompt tokens reused"
    return "\n".join((head, "", table(header, rows), "", tail))


def _curve(request: Request, deployment: Any, settings: dict[str, Any], rates: tuple[float, ...]) -> Answer:
    """Latency against rate, a line per policy."""
    from llmserve.simulate.capacity import latency_curve
    from llmserve.simulate.runner import setup_of, workload_of
    from llmserve.simulate.simulator import simulate as run
    from schedcore.cli.text import table

    policies = request.policies or ("nanoflow",)
    total, done = len(policies) * len(rates), 0
    curves: dict[str, list[tuple[float, float, float]]] = {}
    for policy in policies:
        curves[policy] = []
        for rate in sorted(rates):
            request.progress(done, total, f"{policy} at {rate:g}/s")
            done += 1

            def at_rate(rate_per_s: float, policy: str = policy) -> Any:
                workload = workload_of({**settings, "rate": rate_per_s}, request.seed, request.data_dirs)
                setup = setup_of(deployment, workload, {**settings, "policy": policy})
                return run(workload, **setup.arguments(), should_stop=request.should_stop)

            curves[policy] += latency_curve(at_rate, [rate])
    rows = [(policy, *point) for policy, curve in curves.items() for point in curve]
    written: tuple[Path, ...] = ()
    if request.plot is not None:
        from llmserve.simulate.plots import latency_figure
        from schedcore.plot import save

        limit_s = settings.get("normalised_latency_s", 0.2)
        title = f"{deployment.name}: {settings.get('workload', '512-512')}"
        written = (Path(save(latency_figure(curves, limit_s=limit_s, title=title), request.plot)),)
    data = {
        "deployment": deployment.name,
        "curves": {
            policy: [{"rate_per_s": r, "mean_s": mean, "p99_s": tail} for r, mean, tail in curve]
            for policy, curve in curves.items()
        },
    }
    return Answer(data, table(("policy", "req/s", "s/token", "p99"), rows), written)


def _capacity(
    request: Request,
    deployment: Any,
    settings: dict[str, Any],
    options: Mapping[str, Any],
    budgets: tuple[int, ...],
) -> Answer:
    """The highest rate of every mode and budget."""
    from llmserve.simulate.capacity import Limit, capacity_search
    from llmserve.simulate.published import BUDGETS
    from schedcore.cli.text import table

    for name in ("requests", "arrivals", "rate", "plan", "conversation_rounds", "iterations", "ttft_ms", "tpot_ms"):
        if options.get(name):
            raise InputError(
                f"--{name.replace('_', '-')} beside --capacity",
                where="--capacity",
                remedy="the search chooses rates; leave it away",
            )
    if request.plot is not None:
        raise InputError("a capacity search draws nothing", where="--plot", remedy="give rates for a latency curve")
    taken = ("workload", "mode", "duration_s", "normalised_latency_s")
    found = list(
        capacity_search(
            deployment,
            str(settings.get("workload", "sharegpt")),
            modes=(settings["mode"],) if "mode" in settings else ("sequential", "overlap"),
            budgets=budgets or BUDGETS,
            limit=Limit(float(settings.get("normalised_latency_s", 0.2))),
            duration_s=float(settings.get("duration_s", 120.0)),
            usd_per_gpu_hour=options.get("gpu_price"),
            seed=request.seed,
            data_dirs=request.data_dirs,
            progress=request.progress,
            policy=request.policies[0] if request.policies else "nanoflow",
            **{key: value for key, value in settings.items() if key not in taken},
        )
    )
    best = max(found, key=lambda c: c.rate_per_s)
    rows = [
        (c.mode, c.token_budget, round(c.rate_per_s, 2), round(c.tokens_per_s_per_gpu, 1), c.usd_per_million_tokens)
        for c in found
    ]
    text = table(("mode", "budget", "req/s", "tok/s/GPU", "USD/Mtok"), rows)
    text += f"\n\nbest: {best.mode} with a budget of {best.token_budget}" if best.rate_per_s else "\n\nno rate keeps it"
    return Answer({"deployment": deployment.name, "capacities": [c.as_dict() for c in found]}, text)

"""The domain ``uam`` for the command: days of an air-taxi fleet by name or file, policies, and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from schedcore.domain_options import DomainOption
from schedcore.errors import InputError, UnknownNameError, unknown_name
from schedcore.registry import Domain, LoadedInstance
from uam.learn.registry import EVALUATION, LEARNED_SUITES, TRAINERS
from uam.maps import network_names
from uam.policies.registry import POLICIES
from uam.scenario import Scenario
from uam.suites.registry import SUITES

PROFILES = ("paper", "realistic", "joby", "archer", "beta")
SCENARIO_OPTIONS = ("scale", "aircraft", "profile", "demand", "closure", "failure", "delay", "noise", "calm")


def instance_names() -> tuple[str, ...]:
    """The day with seed 1 of every map; other seeds and options go into the name (``fixed8:scale=2:7``)."""
    return tuple(f"{name}:1" for name in network_names())


def load_scenario(
    instance: str, data_dirs: Sequence[Path] = (), options: Mapping[str, object] | None = None
) -> Scenario:
    """The scenario that ``instance`` stands for: ``NETWORK[:OPTIONS]:SEED``, or the path of a scenario file.

    Raises
    ------
    UnknownNameError
        Nothing of that name.
    FormatError
        A file that is no scenario.
    InputError
        Options beside a file, or a scenario that makes no sense.
    """
    from uam.files import read_scenario
    from uam.generate import generate, is_expression

    asked = {key: value for key, value in (options or {}).items() if key in SCENARIO_OPTIONS}
    if instance.endswith(".json") or Path(instance).is_file():
        for folder in (Path(), *data_dirs):
            if (folder / instance).expanduser().is_file():
                if asked:
                    raise InputError(
                        f"--{next(iter(asked))} beside a file",
                        where=instance,
                        remedy="write it into the file's options",
                    )
                return read_scenario((folder / instance).expanduser())
        raise UnknownNameError(f"there is no file {instance!r}", where="instance", remedy="check the path")
    if not is_expression(instance):
        network = instance.partition(":")[0]
        if network not in network_names() and not network.startswith("random-"):
            raise unknown_name("map", network, network_names(), where="instance")
        raise InputError(f"{instance!r} has no seed", where="instance", remedy=f"for example {instance.rstrip(':')}:1")
    return generate(instance, **asked)


def load(instance: str, data_dirs: Sequence[Path] = (), options: Mapping[str, object] | None = None) -> LoadedInstance:
    """The day as a problem of the core: the flights of the greedy rate policy, each of which may be left out or moved
    within its hour.

    Raises what :func:`load_scenario` does.
    """
    from uam.core import to_core
    from uam.policies.simple import GreedyRatePolicy
    from uam.simulator import play

    scenario = load_scenario(instance, data_dirs, options)
    log = play(scenario, GreedyRatePolicy())
    return LoadedInstance(
        to_core(log).problem,
        scenario.name,
        info={
            **sizes(scenario),
            "problem": "flights and charges of the greedy rate policy, to keep, move or leave out",
        },
        source=scenario,
    )


def sizes(scenario: Scenario) -> dict[str, Any]:
    """What ``sched info`` says of a scenario."""
    plan = scenario.plan
    return {
        "map": plan.network.name,
        "source of the map": plan.network.source,
        "vertiports": plan.num_vertiports,
        "of which without charger": int(plan.network.vertistops.sum()),
        "aircraft": plan.num_aircraft,
        "type": plan.profile.aircraft.name,
        "profile": plan.profile.name,
        "pairs that can be flown": int(plan.flyable.sum()),
        "passengers expected": round(float(plan.forecast.sum())),
        "passengers who turn up": int(scenario.realised.demand.sum()),
        "closed pairs and hours": int(scenario.realised.closed.sum()),
        "failures": int(scenario.realised.failing.sum()),
        "fingerprint": scenario.fingerprint(),
    }


domain = Domain(
    name="uam",
    summary="days of an air-taxi fleet: simulator, planners, learned policies and an upper bound",
    instance_names=instance_names,
    load=load,
    solvers={"as-flown": "uam.as_flown:as_flown"},
    suites={**SUITES, **LEARNED_SUITES},
    trainers=TRAINERS,
    evaluation=EVALUATION,
    policies=POLICIES,
    runners={"day": "uam.runner:DayRunner"},
    options=(
        DomainOption("scale", "Factor on the demand.", float, minimum=0, metavar="X"),
        DomainOption("aircraft", "Size of the fleet.", int, minimum=1, metavar="N"),
        DomainOption("profile", f"{', '.join(PROFILES)}, or a TOML file.", metavar="NAME"),
        DomainOption("demand", "How demand is made.", choices=("peaks", "gravity", "airport")),
        DomainOption("closure", "Largest probability that a route is closed in an hour.", float, metavar="P"),
        DomainOption("failure", "Largest probability that an aircraft fails at a decision.", float, metavar="P"),
        DomainOption("delay", "Mean take-off delay, minutes.", float, minimum=0, metavar="MIN"),
        DomainOption("noise", "Half width of the day's factor on demand.", float, metavar="X"),
        DomainOption("hide-demand", "Show policies the forecast only.", bool, verbs=("simulate",)),
        DomainOption("figures", "Draw all figures into this folder.", Path, metavar="FOLDER", verbs=("simulate",)),
        DomainOption("log", "Write every flight and charge (JSON).", Path, metavar="FILE", verbs=("simulate",)),
    ),
    simulate="uam.command.simulate:simulate",
    describe="uam.command.info:describe",
    info="uam.command.info:info",
)

"""``sched list``: what can be named on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from schedcore.cli.command import verb
from schedcore.cli.options import DomainName, config_dir_option
from schedcore.cli.session import Outcome, Session
from schedcore.cli.text import table
from schedcore.errors import SchedError

Rows = tuple[tuple[str, ...], list[dict[str, Any]]]


def _domains(session: Session, domain: str | None, config_dir: Path | None) -> Rows:
    from schedcore.registry import domain_names, get_domain

    rows = []
    for name in domain_names() if domain is None else (domain,):
        try:
            found = get_domain(name)
        except SchedError as error:
            if domain is not None:
                raise
            # One broken domain must not hide the others.
            session.warn(f"domain {name!r} cannot be loaded: {error}")
            continue
        count = len(found.instance_names())
        rows.append({"name": name, "summary": found.summary, "instances": count, "suites": sorted(found.suites)})
    return ("name", "instances", "suites", "summary"), rows


def _instances(session: Session, domain: str | None, config_dir: Path | None) -> Rows:
    from schedcore.registry import domain_names, get_domain

    names = domain_names() if domain is None else (domain,)
    rows = [{"domain": name, "name": instance} for name in names for instance in get_domain(name).instance_names()]
    return ("domain", "name"), rows


def _suites(session: Session, domain: str | None, config_dir: Path | None) -> Rows:
    from schedcore.registry import domain_names, get_domain

    names = domain_names() if domain is None else (domain,)
    rows = [
        {"domain": name, "name": suite, "summary": entry.summary}
        for name in names
        for suite, entry in sorted(get_domain(name).suites.items())
    ]
    return ("domain", "name", "summary"), rows


def _experiments(session: Session, domain: str | None, config_dir: Path | None) -> Rows:
    from schedcore.configdir import find_config_dir

    found = find_config_dir(config_dir)
    names = [name for name in found.experiments() if domain is None or name.startswith(f"{domain}/")]
    return ("name", "file"), [{"name": name, "file": str(found.experiment_file(name))} for name in names]


def _configs(session: Session, domain: str | None, config_dir: Path | None) -> Rows:
    from schedcore.configdir import find_config_dir
    from schedcore.experiments.choices import registered
    from schedcore.experiments.config import GROUPS

    found = find_config_dir(config_dir)
    rows = []
    for group in ("experiment", *GROUPS):
        files = [name for name in found.names(group) if domain is None or name.startswith(f"{domain}/")]
        rows += [{"group": group, "name": name, "file": str(found.path / group / f"{name}.yaml")} for name in files]
        if group in ("domain", "backend") and domain is None:
            others = [name for name in registered(group) if name not in files]
            rows += [{"group": group, "name": name, "file": ""} for name in others]
    return ("group", "name", "file"), rows


def _solvers(session: Session, domain: str | None, config_dir: Path | None) -> Rows:
    from schedcore.experiments.methods import describe, get_method
    from schedcore.registry import domain_names, get_domain
    from schedcore.solvers import solver_names

    found = [("", name) for name in solver_names(policies=False)]
    for owner in domain_names() if domain is None else (domain,):
        found += [(owner, name) for name in get_domain(owner).solvers]
    rows = []
    for owner, name in found:
        try:
            solver = get_method(name, owner or None)
        except SchedError as error:
            session.warn(f"solver {name!r} cannot be loaded: {error}")
            continue
        rows.append({"name": name, "domain": owner, "features": sorted(solver.features), "summary": describe(solver)})
    return ("name", "domain", "summary"), rows


def _policies(session: Session, domain: str | None, config_dir: Path | None) -> Rows:
    from schedcore.experiments.methods import describe, find_policy
    from schedcore.policies import RULES, get_policy, policy_names
    from schedcore.registry import domain_names, get_domain

    rows = [
        {"name": name, "domain": "", "summary": RULES[name].source if name in RULES else describe(get_policy(name))}
        for name in policy_names()
    ]
    for owner in domain_names() if domain is None else (domain,):
        for name in get_domain(owner).policies:
            try:
                rows.append({"name": name, "domain": owner, "summary": describe(find_policy(name, owner))})
            except SchedError as error:
                session.warn(f"policy {name!r} cannot be loaded: {error}")
    return ("name", "domain", "summary"), rows


def _recipes(session: Session, domain: str | None, config_dir: Path | None) -> Rows:
    from schedcore.cli.train import get_trainer
    from schedcore.registry import domain_names, get_domain

    rows = []
    for owner in domain_names() if domain is None else (domain,):
        for name in sorted(get_domain(owner).trainers):
            try:
                rows.append({"domain": owner, "name": name, "summary": get_trainer(owner, name).summary})
            except SchedError as error:
                session.warn(f"recipe {name!r} cannot be loaded: {error}")
    return ("domain", "name", "summary"), rows


def _formats(session: Session, domain: str | None, config_dir: Path | None) -> Rows:
    from schedcore.io import FORMATS

    rows = [
        {
            "name": name,
            "endings": list(entry.suffixes),
            "reads": entry.can_read,
            "writes": entry.can_write,
            "summary": entry.doc,
        }
        for name, entry in FORMATS.items()
    ]
    return ("name", "endings", "reads", "writes", "summary"), rows


def _metrics(session: Session, domain: str | None, config_dir: Path | None) -> Rows:
    from schedcore.metrics import METRICS

    rows = [
        {
            "name": name,
            "symbol": metric.symbol,
            "unit": metric.unit,
            "direction": metric.direction,
            "per_resource": metric.per_resource,
            "summary": metric.doc,
        }
        for name, metric in METRICS.items()
    ]
    return ("name", "symbol", "unit", "direction", "summary"), rows


def _features(session: Session, domain: str | None, config_dir: Path | None) -> Rows:
    from schedcore.model import FEATURES

    return ("name", "summary"), [{"name": name, "summary": meaning} for name, meaning in FEATURES.items()]


_TOPICS: dict[str, Callable[[Session, str | None, Path | None], Rows]] = {
    "configs": _configs,
    "domains": _domains,
    "experiments": _experiments,
    "features": _features,
    "formats": _formats,
    "instances": _instances,
    "metrics": _metrics,
    "policies": _policies,
    "recipes": _recipes,
    "solvers": _solvers,
    "suites": _suites,
}


@verb("list", short_help="List what can be named: instances, solvers, formats, ...")
@click.argument("topic", type=click.Choice(sorted(_TOPICS)), default="domains", metavar="[TOPIC]")
@click.argument("domain", type=DomainName(), required=False)
@config_dir_option()
def list_(session: Session, topic: str, domain: str | None, config_dir: Path | None) -> Outcome:
    """List what can be named on the command line.

    TOPIC is one of domains (the default), configs (of all groups), experiments, features (what a problem
    may use), formats (of files), instances, metrics, policies, recipes (of sched train), solvers and
    suites. A DOMAIN narrows the list to what belongs to it.
    """
    header, rows = _TOPICS[topic](session, domain, config_dir)
    shown = [[", ".join(row[key]) if isinstance(row[key], list) else row[key] for key in header] for row in rows]
    return Outcome({"topic": topic, "items": rows}, table(header, shown) if rows else f"no {topic}")

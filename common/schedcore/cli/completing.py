"""Completion of ``key=value`` words: keys of the configuration, and what its groups offer."""

from __future__ import annotations

from typing import Any

import click


def complete_word(ctx: click.Context, incomplete: str) -> list[Any]:
    """What ``incomplete`` may become: ``so`` to ``solver=``, ``solver=cpsat,l`` to ``solver=cpsat,lns``."""
    from click.shell_completion import CompletionItem

    key, equals, value = incomplete.partition("=")
    if not equals:
        return [CompletionItem(f"{name}=") for name in _keys() if name.startswith(incomplete)]
    before, comma, last = value.rpartition(",")
    return [CompletionItem(f"{key}={before}{comma}{name}") for name in _values(ctx, key) if name.startswith(last)]


def _keys() -> list[str]:
    from dataclasses import fields

    from schedcore.experiments.config import ExperimentConfig

    return [item.name for item in fields(ExperimentConfig)]


def _values(ctx: click.Context, key: str) -> tuple[str, ...]:
    from pathlib import Path

    from schedcore.configdir import find_config_dir
    from schedcore.errors import SchedError
    from schedcore.experiments.choices import options
    from schedcore.experiments.config import GROUPS
    from schedcore.registry import domain_names, get_domain

    try:
        if key in GROUPS:
            folder = ctx.params.get("config_dir")
            return options(find_config_dir(Path(folder) if folder else None), key)
        target = str(ctx.params.get("target") or "")
        if key == "instance" and target in domain_names():
            return tuple(get_domain(target).instance_names())
    except SchedError:
        pass  # completion stays silent; the command itself will say what is wrong
    return ()

"""``sched train``: a learned method from a recipe, in a folder that a later call can go on with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from schedcore.cli.command import verb
from schedcore.cli.options import DomainName, Overrides, overrides_argument, seed_option
from schedcore.cli.progress import progress
from schedcore.cli.session import Outcome, Session
from schedcore.errors import InputError, unknown_name

if TYPE_CHECKING:
    from schedcore.training import Trainer


def _recipes() -> tuple[str, list[tuple[str, str]]]:
    """The recipes of the domains, for the help; none of them is imported."""
    from schedcore.registry import known_domains

    return "Recipes", [(found.name, ", ".join(found.trainers)) for found in known_domains() if found.trainers]


@verb("train", short_help="Train a learned method; resumable, with checkpoints and curves.", names=_recipes)
@click.argument("domain", type=DomainName())
@overrides_argument()
@click.option("--recipe", required=True, metavar="NAME", help="What to train; 'sched list recipes' shows them.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of the run (default: runs/train/DOMAIN-RECIPE).",
)
@click.option("--resume", is_flag=True, help="Go on with the run in the folder.")
@seed_option()
@click.option(
    "--backend",
    type=click.Choice(["inline", "process", "ray"]),
    default="inline",
    show_default=True,
    help="Where parallel work runs: here, in local processes, or on Ray.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    default=1,
    show_default=True,
    help="Processes that help (backends process and ray).",
)
def train(
    session: Session,
    domain: str,
    overrides: Overrides,
    recipe: str,
    out: Path | None,
    resume: bool,
    seed: int,
    backend: str,
    workers: int,
) -> Outcome:
    """Train a learned method of DOMAIN by the recipe NAME; KEY=VALUE words change its settings.

    The folder of the run holds its settings, its state, the curve (JSON and PNG) and checkpoints, all
    replaced whole, so a run that was killed goes on with --resume and the same settings. Ctrl-C stops
    after the step under way, or at once when it takes long; what is complete is kept.
    """
    from schedcore.cli.signals import StopRequest
    from schedcore.training import TrainOptions

    method = get_trainer(domain, recipe)
    folder = (out or Path("runs") / "train" / f"{domain}-{recipe}").expanduser()
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{str(folder)!r} is no folder", where="--out", remedy="name a folder")
    stop = StopRequest()
    with progress(session) as report, stop.listening(session, "the run can be resumed"):
        options = TrainOptions(
            out=folder,
            resume=resume,
            seed=seed,
            workers=workers,
            backend=backend,
            overrides=overrides.as_dict(),
            progress=report,
            should_stop=stop,
        )
        data = {"domain": domain, "out": str(folder), "seed": seed, **method.train(options)}
    text = f"{recipe}: {data['updates']} of {data['of']} updates; checkpoint {data['checkpoint']}"
    if stop() and data["updates"] < data["of"]:
        from schedcore.cli.app import Interrupted

        return Outcome(data, text, Interrupted(f"{stop.word} after {data['updates']} of {data['of']} updates"))
    return Outcome(data, text)


def get_trainer(domain: str, recipe: str) -> Trainer:
    """The trainer of ``domain`` called ``recipe``.

    Raises
    ------
    UnknownNameError
        The domain has no such recipe; near misses are suggested.
    """
    from schedcore.registry import get_domain, load_reference
    from schedcore.training import Trainer

    known = get_domain(domain).trainers
    if recipe not in known:
        raise unknown_name("recipe", recipe, known, where=f"domain {domain}")
    found = load_reference(known[recipe], where=f"recipe {recipe!r} of domain {domain}")
    made = found() if isinstance(found, type) else found
    if not isinstance(made, Trainer):
        raise InputError(
            f"{known[recipe]} is no trainer",
            where=f"recipe {recipe!r} of domain {domain}",
            remedy="it needs summary and train(); see schedcore.training.Trainer",
        )
    return made

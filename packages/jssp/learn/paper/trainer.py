"""The recipe ``paper`` for ``sched train jssp``."""

from __future__ import annotations

from typing import Any

from schedcore.errors import InputError
from schedcore.training import TrainOptions


class PaperTrainer:
    """See :class:`jssp.learn.paper.recipe.PaperRecipe` for its keys."""

    summary = "the paper's network and loop: CP-SAT completes cut episodes, clipped policy gradients learn from it"

    def train(self, options: TrainOptions) -> dict[str, Any]:
        """Train; see :func:`jssp.learn.paper.train.train`."""
        from jssp.learn.paper.recipe import PaperRecipe
        from jssp.learn.paper.train import train

        if "seed" in options.overrides:
            raise InputError(
                "seed is an option", where="recipe paper", remedy=f"write --seed {options.overrides['seed']}"
            )
        recipe = PaperRecipe.of({**options.overrides, "seed": str(options.seed)})
        return train(
            recipe,
            options.out,
            resume=options.resume,
            backend=options.backend,
            workers=options.workers,
            report=options.progress,
            should_stop=options.should_stop,
        )


trainer = PaperTrainer()

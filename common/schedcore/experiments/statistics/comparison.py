"""Wins, ties and losses of one method against another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WinTieLoss:
    """Instances on which the first method is better, equal, worse."""

    wins: int
    ties: int
    losses: int

    @property
    def total(self) -> int:
        """Number of instances."""
        return self.wins + self.ties + self.losses


def win_tie_loss(differences: Iterable[float]) -> WinTieLoss:
    """Counts of ``differences`` (cost of the first method minus cost of the second): negative is a win."""
    wins = ties = losses = 0
    for difference in differences:
        wins += difference < 0
        ties += difference == 0
        losses += difference > 0
    return WinTieLoss(wins, ties, losses)

"""Colours: one per job, the same in every plot, told apart by colour-blind readers as far as possible."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schedcore.model import Problem

_HEX = (
    "#0072b2 #e69f00 #009e73 #cc79a7 #56b4e9 #d55e00 #f0e442 #40f7db #792b5c #282fc2 #8170f8 #a1cb8b "
    "#7e5a53 #c0188d #7ed8fa #730f93 #f5556e #8c1e13 #9cf095 #6087d3 #7a47e2 #d7b0c0 #f9c048 #ea89d0 "
    "#5a608f #7f9cfe #6c8745 #654339 #5e4ec0 #406d71 #c0b064 #6ec3a0 #6d6715 #b4d4b9 #91c0fb #dc56d4 "
    "#d08103 #5c3d76 #78714f #6b7aa9 #9d6b87 #7a4657 #c0d677 #665638 #425b73 #bf8387 #6938a8 #4d9f47"
)
JOB_COLORS: tuple[str, ...] = tuple(_HEX.split())
"""48 colours.  The first seven are those of Okabe and Ito (Color Universal Design, 2008); each further
one is the colour farthest, in OKLab, from all before it, where the distance is the smallest of those
seen with normal vision and with simulated protanopia, deuteranopia and tritanopia (Machado, Oliveira
and Fernandes 2009).  Every prefix is therefore spread about as evenly as it can be."""

NEUTRAL: str = "#9aa0a6"
"""Tasks without a job, in problems that have jobs."""
VIOLATION: str = "#d00000"
"""Reserved for violations."""
INK: str = "#1f2328"
"""Text and dark lines."""
MUTED: str = "#6b7280"
"""Secondary text."""


def color(index: int) -> str:
    """Colour of job (method, series) number ``index``; repeats after 48, negative means neutral."""
    return NEUTRAL if index < 0 else JOB_COLORS[index % len(JOB_COLORS)]


def color_keys(problem: Problem) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Which colour every task gets, and the name of every colour.

    Returns
    -------
    keys
        ``[task]``: number for :func:`color`, -1 for neutral.
    names
        Legend entry of every key: the jobs; without jobs the first tags, if tasks have tags and these
        group them; otherwise the tasks themselves.
    """
    if problem.jobs:
        return problem.arrays.job, problem.jobs
    first_tags = [task.tags[0] if task.tags else None for task in problem.tasks]
    tags = tuple(dict.fromkeys(tag for tag in first_tags if tag is not None))
    if 1 < len(tags) < len(problem.tasks):
        number = {tag: i for i, tag in enumerate(tags)}
        keys = [-1 if tag is None else number[tag] for tag in first_tags]
        return np.array(keys, dtype=np.int64), tags
    return np.arange(len(problem.tasks), dtype=np.int64), tuple(task.name for task in problem.tasks)


def method_colors(names: Sequence[str]) -> dict[str, str]:
    """Colours of methods by their position: give the same order in every plot of a report."""
    return {name: color(i) for i, name in enumerate(names)}


def rgb(hex_color: str) -> tuple[float, float, float]:
    """``"#rrggbb"`` as numbers in [0, 1]."""
    red, green, blue = (int(hex_color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def text_color(background: str) -> str:
    """Black or white, whichever has the larger contrast ratio (WCAG 2.1) on ``background``."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(background)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "#000000"

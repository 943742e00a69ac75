from __future__ import annotations

import numpy as np

from schedcore.model import ProblemBuilder
from schedcore.plot.palette import JOB_COLORS, NEUTRAL, color, color_keys, method_colors, rgb, text_color

PROTAN = np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]])
DEUTAN = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]])


def oklab(linear: np.ndarray) -> np.ndarray:
    lms = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
    lab = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])
    return np.cbrt(np.clip(linear, 0, None) @ lms.T) @ lab.T


def test_colours_stay_apart_also_for_colour_blind_readers() -> None:
    values = np.array([rgb(c) for c in JOB_COLORS])
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    for simulate in (np.eye(3), PROTAN, DEUTAN):
        seen = oklab(np.clip(linear @ simulate.T, 0, 1))
        apart = np.linalg.norm(seen[:, None] - seen[None, :], axis=2) + 9 * np.eye(len(seen))
        assert apart[:8, :8].min() > 0.06
        assert apart.min() > 0.03


def test_colours_are_distinct_and_repeat_after_the_last() -> None:
    assert len(set(JOB_COLORS)) == len(JOB_COLORS) == 48
    assert color(0) == color(48)
    assert color(-1) == NEUTRAL
    assert method_colors(["b", "a"]) == {"b": color(0), "a": color(1)}


def test_text_has_contrast_on_every_colour() -> None:
    def luminance(c: str) -> float:
        parts = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in rgb(c)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for background in (*JOB_COLORS, NEUTRAL):
        high, low = sorted((luminance(background), luminance(text_color(background))), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5  # WCAG 2.1, level AA


def test_keys_are_jobs_else_tags_else_tasks() -> None:
    b = ProblemBuilder()
    job = b.job("only")
    b.task("a", 1, job=job)
    b.task("b", 1)
    keys, names = color_keys(b.build())
    assert (keys.tolist(), names) == ([0, -1], ("only",))
    b = ProblemBuilder()
    for name, tags in (("a", ["x"]), ("b", ["y", "z"]), ("c", ["x"]), ("d", [])):
        b.task(name, 1, tags=tags)
    keys, names = color_keys(b.build())
    assert (keys.tolist(), names) == ([0, 1, 0, -1], ("x", "y"))
    b = ProblemBuilder()
    b.task("a", 1)
    b.task("b", 1)
    keys, names = color_keys(b.build())
    assert (keys.tolist(), names) == ([0, 1], ("a", "b"))

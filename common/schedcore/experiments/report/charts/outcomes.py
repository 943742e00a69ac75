"""How the runs of every method ended, as bars of their shares."""

from __future__ import annotations

from collections.abc import Mapping

from schedcore.experiments.report.charts.canvas import Canvas, chart, fitting, is_narrow, text_px
from schedcore.experiments.trial import TrialStatus

OUTCOMES: dict[str, tuple[str, str]] = {
    TrialStatus.OPTIMAL: ("optimal", "o-optimal"),
    TrialStatus.FEASIBLE: ("feasible", "o-feasible"),
    TrialStatus.UNKNOWN: ("nothing found", "o-unknown"),
    TrialStatus.INFEASIBLE: ("infeasible", "o-infeasible"),
    TrialStatus.REFUSED: ("refused", "o-refused"),
    TrialStatus.FAILED: ("failed", "o-failed"),
    "left": ("not finished", "o-left"),
}
"""Status, its name, and the class of its colour."""


def outcome_chart(counts: Mapping[str, Mapping[str, int]], *, label: str) -> str:
    """A bar per method; ``counts[method][status]``, with ``left`` for runs that have not finished."""
    used = [status for status in OUTCOMES if any(own.get(status) for own in counts.values())]
    items = "".join(f'<li><i class="{OUTCOMES[status][1]}"></i>{OUTCOMES[status][0]}</li>' for status in used)

    def draw(width: float) -> Canvas:
        narrow = is_narrow(width)
        row_px = 40.0 if narrow else 27.0
        canvas = Canvas(width, len(counts) * row_px + 4)
        left = 8.0 if narrow else min(260.0, 24 + max(text_px(name) for name in counts))
        for k, (name, own) in enumerate(counts.items()):
            top = k * row_px + (20 if narrow else 5)
            if narrow:
                canvas.text(left, top - 5, fitting(name, width - 16), kind="name")
            else:
                canvas.text(left - 12, top + 13, fitting(name, left - 20), kind="name", anchor="end", title=name)
            total = sum(own.values()) or 1
            at = left
            room = width - left - 8
            for status in used:
                count = own.get(status, 0)
                if count:
                    share = room * count / total
                    shown, kind = OUTCOMES[status]
                    canvas.rect(at, top, max(1.0, share - 1.5), 17, kind, f"{name}: {count} of {total} {shown}")
                    if share > 10 + 7 * len(str(count)):
                        canvas.text(at + share / 2, top + 12.5, str(count), kind=f"count {kind}", anchor="middle")
                    at += share
        return canvas

    return f'<ul class="legend">{items}</ul>' + chart(draw, label)

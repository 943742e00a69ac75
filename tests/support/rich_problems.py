"""Problems with everything that a file can hold: names of all kinds, units, metadata, tags."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st
from strategies_core import Case, cases

from schedcore.model import TimeUnit

_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)


@st.composite
def rich_cases(draw: st.DrawFn) -> Case:
    """A case with its schedule; cyclic or not, with or without objective."""
    case = draw(cases(cyclic=None, objective=draw(st.booleans())))
    problem = case.problem
    names = iter(draw(st.sets(st.text(min_size=1, max_size=4), min_size=len(problem.tasks) + 1)))
    length = draw(st.none() | st.fractions(min_value="1/1000", max_value=9, max_denominator=1000))
    problem = problem.replace(
        name=next(names),
        tasks=tuple(
            dataclasses.replace(t, name=next(names), tags=tuple(draw(st.lists(st.text(max_size=3), max_size=2))))
            for t in problem.tasks
        ),
        unit=TimeUnit(length, draw(st.sampled_from(["tick", "ms", "Tag"]))),
        metadata=draw(st.dictionaries(st.text(max_size=4), _scalars, max_size=3)),
    )
    return Case(problem, case.schedule)

"""The suites by name, as the domain hands them to ``sched bench uam``; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator

from schedcore.bench import BenchRow, Suite, SuiteOptions


def _headline(options: SuiteOptions) -> Iterator[BenchRow]:
    from uam.suites.headline import rows

    return rows(options)


def _information(options: SuiteOptions) -> Iterator[BenchRow]:
    from uam.suites.information import rows

    return rows(options)


def _worst_case(options: SuiteOptions) -> Iterator[BenchRow]:
    from uam.suites.worst_case import rows

    return rows(options)


SUITES = {
    "headline": Suite("every planner on 100 held-out days (20 for the slow ones) beside the upper bound", _headline),
    "information": Suite("what seeing the passengers of the hour is worth to each planner", _information),
    "worst-case": Suite("the hardest tenth of 1 000 days by two-step, and a stress set", _worst_case),
}

"""The report page of an experiment: one HTML file without any outside reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from schedcore.experiments.results import Row
from schedcore.experiments.tables import cell_text, summary_table
from schedcore.experiments.trial import TrialStatus

if TYPE_CHECKING:
    from schedcore.experiments.outputs import Results
    from schedcore.plot import ReportPage

_WITHOUT = (TrialStatus.FAILED, TrialStatus.REFUSED, TrialStatus.INFEASIBLE, TrialStatus.UNKNOWN)


def report_page(results: Results, machine: Mapping[str, Any]) -> ReportPage:
    """The page: summary, tables by group, charts and traces, what has no schedule, machine."""
    from schedcore.plot import ReportPage

    config = results.plan.config
    page = ReportPage(
        config.title or results.plan.name,
        subtitle=config.description.strip(),
        footer=" · ".join(f"{key} {value}" for key, value in machine.items() if value is not None),
    )
    page.code(f"sched run {results.plan.name}")
    page.section("Methods")
    _summary(page, results)
    _gap_chart(page, results)
    for name, group in config.groups.items():
        page.section(group.title or name)
        _instances(page, [row for row in results.rows if row.group == name], results.methods)
    page.section("How to read the tables")
    page.items(results.notes())
    _charts(page, results)
    _without_schedule(page, results)
    return page


def _summary(page: ReportPage, results: Results) -> None:
    from schedcore.plot import Cell

    header, _ = summary_table([])
    rows = [
        [
            item.method,
            item.solved,
            Cell(item.mean_gap, title=f"over {item.gaps} instances"),
            item.worst_gap,
            item.at_reference if item.with_reference else None,
            item.proven,
            item.wall_s,
        ]
        for item in results.summaries
    ]
    caption = "; ".join(
        f"{item.method}: mean gap over {item.gaps} instances only"
        for item in results.summaries
        if item.partial and item.mean_gap is not None
    )
    formats = {"mean gap": "+.1%", "worst gap": "+.1%", "total s": ".1f"}
    page.table(header, rows, formats=formats, caption=caption)


def _instances(page: ReportPage, rows: Sequence[Row], methods: Sequence[str]) -> None:
    from schedcore.plot import Cell

    lines: list[list[Any]] = []
    for row in rows:
        values = [cell.value for cell in row.cells.values() if cell.value is not None]
        line: list[Any] = [row.instance, row.tasks, row.known_text]
        for method in methods:
            cell = row.cells.get(method)
            best = cell is not None and cell.value is not None and cell.value == min(values)
            tone = "best" if best else "bad" if cell is not None and cell.status is TrialStatus.FAILED else ""
            hint = "" if cell is None else cell.message or f"{str(cell.status).lower()}, {cell.wall_s:.2f} s"
            line.append(Cell(cell_text(cell), tone=tone, title=hint))  # type: ignore[arg-type]
        lines.append(line)
    page.table(["instance", "tasks", "best known", *methods], lines)


def _gap_chart(page: ReportPage, results: Results) -> None:
    from schedcore.plot import comparison_bars

    by_group: dict[str, dict[str, float]] = {}
    for name, group in results.plan.config.groups.items():
        for method in results.methods:
            rows = [row for row in results.rows if row.group == name and method in row.cells]
            gaps = [gap for row in rows if (gap := row.cells[method].gap) is not None]
            if gaps:
                by_group.setdefault(group.title or name, {})[method] = 100 * sum(gaps) / len(gaps)
    if by_group:
        figure = comparison_bars(by_group, title="Mean gap", subtitle="lower is better", unit="mean gap [%]")
        page.figure(figure, alt="Mean gap of every method by group")


def _charts(page: ReportPage, results: Results) -> None:
    """Gantt charts and traces of the chosen instances."""
    from schedcore.experiments.outputs import file_stem, method_of
    from schedcore.model import schedule_from_dict
    from schedcore.plot import gantt_by_resource, incumbent_trace

    chosen = [row for name in results.plan.config.gantt for row in results.rows if row.instance == name]
    for row in chosen:
        if row.best is None:
            continue
        page.section(row.instance)
        problem = results.plan.loaded[row.domain, row.instance].problem
        method = method_of(results, row)
        gantt = gantt_by_resource(problem, schedule_from_dict(row.best.schedule), title=f"{row.instance}, {method}")
        link = f"gantt/{file_stem(row.instance)}.html"
        page.figure(gantt, f"Best schedule of this run: {row.best.value}, by {method}. [Interactive chart]({link})")
        traces = {
            trial.label.removeprefix(f"{row.instance} "): results.records[trial.key].trace
            for trial in results.plan.trials
            if (trial.domain, trial.instance) == (row.domain, row.instance) and trial.key in results.records
        }
        if any(len(trace) > 1 for trace in traces.values()):
            drawn = {name: trace for name, trace in traces.items() if trace}
            title = f"{row.instance}: incumbents over time"
            page.figure(incumbent_trace(drawn, title=title, best_known=row.upper, log_time=True))


def _without_schedule(page: ReportPage, results: Results) -> None:
    found = [
        f"{trial.label}: {str(record.status).lower()}: {record.message}"
        for trial in results.plan.trials
        if (record := results.records.get(trial.key)) is not None and record.status in _WITHOUT
    ]
    if found:
        page.section("Without a schedule")
        page.items(found)

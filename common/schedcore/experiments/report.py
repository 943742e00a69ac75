"""The report page of an experiment: one HTML file without any outside reference."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from schedcore.experiments.results import Cell, Row
from schedcore.experiments.tables import Table, cell_text, summary_table
from schedcore.experiments.trial import TrialStatus

if TYPE_CHECKING:
    from schedcore.experiments.outputs import Results

_STYLE = """
:root{--ink:#1f2328;--muted:#57606a;--line:#d8dee4;--soft:#f6f8fa;--best:#dafbe1;--bad:#ffebe9}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:2rem 1.25rem 4rem;color:var(--ink);background:#fff;
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:1.7rem;margin:0 0 .4rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}
p{max-width:48rem;margin:.4rem 0}
.muted,small{color:var(--muted)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:.28rem .7rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
thead th{border-bottom:2px solid var(--line);font-weight:600}
tbody tr:hover{background:var(--soft)}
td.best{background:var(--best)}td.bad{background:var(--bad)}td.none{color:var(--muted)}
figure{margin:1rem 0}figure svg{max-width:100%;height:auto;display:block}
figcaption{color:var(--muted);font-size:13px}
code{background:var(--soft);padding:.1rem .3rem;border-radius:4px}
ul{padding-left:1.2rem}li{max-width:60rem}
"""


def report_page(results: Results, machine: Mapping[str, Any]) -> str:
    """The page: what ran, summary, tables by group, traces, charts, failures, machine."""
    config = results.plan.config
    title = config.title or results.plan.name
    parts = [f"<h1>{html.escape(title)}</h1>"]
    if config.description:
        parts.append(f"<p>{html.escape(config.description.strip())}</p>")
    parts.append(f"<p class=muted>Made by <code>sched run {html.escape(results.plan.name)}</code>.</p>")
    parts += ["<h2>Methods</h2>", _table(summary_table(results.summaries)), _gap_chart(results)]
    for name, group in config.groups.items():
        rows = [row for row in results.rows if row.group == name]
        parts += [f"<h2>{html.escape(group.title or name)}</h2>", _instances(rows, results.methods)]
    parts += ["<ul>", *(f"<li><small>{html.escape(note)}</small></li>" for note in results.notes()), "</ul>"]
    parts += _charts(results)
    parts += _failures(results)
    parts += ["<h2>Machine and versions</h2>", "<p class=muted>"]
    parts += [html.escape(" · ".join(f"{key}: {value}" for key, value in machine.items() if value is not None)), "</p>"]
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _table(table: Table) -> str:
    header, body = table
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
    lines = ["".join(f"<td>{html.escape(cell)}</td>" for cell in line) for line in body]
    rows = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>"


def _instances(rows: Sequence[Row], methods: Sequence[str]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in ("instance", "tasks", "best known", *methods))
    lines = []
    for row in rows:
        cells = [f"<td>{html.escape(row.instance)}</td><td>{row.tasks}</td><td>{html.escape(row.known_text)}</td>"]
        values = [cell.value for cell in row.cells.values() if cell.value is not None]
        for method in methods:
            cell = row.cells.get(method)
            cells.append(f'<td class="{_class(cell, min(values, default=None))}">{html.escape(cell_text(cell))}</td>')
        lines.append("<tr>" + "".join(cells) + "</tr>")
    rows_text = "\n".join(lines)
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>\n{rows_text}\n</tbody></table></div>"


def _class(cell: Cell | None, best: float | None) -> str:
    if cell is None or cell.status in (TrialStatus.REFUSED, TrialStatus.UNKNOWN):
        return "none"
    if cell.status in (TrialStatus.FAILED, TrialStatus.INFEASIBLE):
        return "bad"
    return "best" if cell.value is not None and cell.value == best else ""


def _gap_chart(results: Results) -> str:
    from schedcore.plot import comparison_bars, inline_svg

    values = {
        item.method: {"mean gap": 100 * item.mean_gap} for item in results.summaries if item.mean_gap is not None
    }
    if not values:
        return ""
    by_group: dict[str, dict[str, float]] = {}
    for name, group in results.plan.config.groups.items():
        for method in results.methods:
            rows = [row for row in results.rows if row.group == name and method in row.cells]
            gaps = [gap for row in rows if (gap := row.cells[method].gap) is not None]
            if gaps:
                by_group.setdefault(group.title or name, {})[method] = 100 * sum(gaps) / len(gaps)
    figure = comparison_bars(by_group, title="Mean gap", subtitle="lower is better", unit="mean gap [%]")
    return f"<figure>{inline_svg(figure)}</figure>"


def _charts(results: Results) -> list[str]:
    """Gantt charts and traces of the chosen instances."""
    from schedcore.experiments.outputs import file_stem, method_of
    from schedcore.model import schedule_from_dict
    from schedcore.plot import gantt_by_resource, incumbent_trace, inline_svg

    parts: list[str] = []
    for instance in results.plan.config.gantt:
        row = next((row for row in results.rows if row.instance == instance), None)
        if row is None or row.best is None:
            continue
        problem = results.plan.loaded[row.domain, instance].problem
        method = method_of(results, row)
        gantt = gantt_by_resource(problem, schedule_from_dict(row.best.schedule), title=f"{instance}, {method}")
        link = f"gantt/{file_stem(instance)}.html"
        parts += [
            f"<h2>{html.escape(instance)}</h2>",
            f"<figure>{inline_svg(gantt)}<figcaption>Best schedule of this run: {row.best.value}, by "
            f'{html.escape(method)}. <a href="{html.escape(link)}">Interactive chart</a></figcaption></figure>',
        ]
        traces = {
            trial.method: results.records[trial.key].trace
            for trial in results.plan.trials
            if (trial.domain, trial.instance) == (row.domain, instance)
            and trial.key in results.records
            and len(results.records[trial.key].trace) > 1
        }
        if traces:
            figure = incumbent_trace(
                traces, title=f"{instance}: incumbents over time", best_known=row.upper, log_time=True
            )
            parts.append(f"<figure>{inline_svg(figure)}</figure>")
    return parts


def _failures(results: Results) -> list[str]:
    found = [
        (trial, results.records[trial.key])
        for trial in results.plan.trials
        if trial.key in results.records
        and results.records[trial.key].status in (TrialStatus.FAILED, TrialStatus.REFUSED, TrialStatus.INFEASIBLE)
    ]
    if not found:
        return []
    lines = [
        f"<li>{html.escape(trial.label)}: {str(record.status).lower()}: {html.escape(record.message)}</li>"
        for trial, record in found
    ]
    return ["<h2>Without a schedule</h2>", "<ul>", *lines, "</ul>"]

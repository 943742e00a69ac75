"""Put the tables of a quick-start run into README.md.

    sched run quickstart --fresh && python scripts/readme_table.py runs/quickstart

What stands between the two marks of the page is replaced; nothing is typed by hand.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- quickstart: made by scripts/readme_table.py -->", "<!-- quickstart: end -->"


def tables(data: dict[str, Any]) -> str:
    """The summary and the rows of ``results.json`` as Markdown."""
    from schedcore.experiments.tables import markdown, percent

    methods = [item["method"] for item in data["summary"]]
    limits = {
        name: f"{config['time_limit_s'] or data['config']['time_limit_s']:g} s"
        for name, config in data["config"]["methods"].items()
    }
    summary = [
        [
            f"`{item['method']}`",
            limits[item["method"]],
            percent(item["mean_gap"]),
            percent(item["worst_gap"]),
            str(item["at_reference"]),
            str(item["proven"]),
        ]
        for item in data["summary"]
    ]
    header = ["method", "limit", "mean gap", "worst gap", "best known reached", "proven optimal"]
    parts = [markdown((header, summary)), ""]
    rows = []
    for row in data["rows"]:
        known = row["best_known"]
        text = "" if known["upper"] is None else str(known["upper"])
        if known["upper"] is not None and known["lower"] != known["upper"]:
            text = f"{known['lower']}..{known['upper']}"
        cells = [row["methods"].get(method) for method in methods]
        rows.append([row["instance"], str(row["tasks"]), text, *(_cell(cell) for cell in cells)])
    parts += [markdown((["instance", "tasks", "best known", *methods], rows)), ""]
    machine = data["machine"]
    workers = data["config"]["workers"]
    parts.append(
        f"Limits are wall time with {workers} workers, so the figures vary with the machine; these come from "
        f"{machine['processors']} cores of an {machine['processor']} "
        f"(load average {machine['load']} before the run), Python {machine['python']}, "
        f"OR-Tools {machine['ortools']}.\n"
        "`*`: proven optimal by the method itself. Gaps are from the best known value; for the two generated "
        "instances, of which none is known, from the best value of the run."
    )
    sources = sorted({row["best_known"]["source"] for row in data["rows"] if row["best_known"]["upper"] is not None})
    return "\n".join([*parts, *sources])


def _cell(cell: dict[str, Any] | None) -> str:
    from schedcore.experiments.tables import percent

    if cell is None or cell["value"] is None:
        return "-"
    star = "*" if cell["optimal"] else ""
    return f"{cell['value']:g}{star}" + ("" if cell["gap"] is None else f" {percent(cell['gap'])}")


def wrapped(text: str) -> str:
    """Long lines that are no table rows, broken at 118 characters."""
    import textwrap

    lines: list[str] = []
    for line in text.splitlines():
        lines += [line] if line.startswith("|") or not line else textwrap.wrap(line, 118, break_on_hyphens=False)
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Replace the part of the page."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    data = json.loads((Path(arguments[0]) / "results.json").read_text(encoding="utf-8"))
    page = ROOT / "README.md"
    text = page.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    if not pattern.search(text):
        print(f"{page} lacks the marks {BEGIN} and {END}", file=sys.stderr)
        return 1
    new = f"{BEGIN}\n{wrapped(tables(data))}\n{END}"
    page.write_text(pattern.sub(lambda match: new, text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

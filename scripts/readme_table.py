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
    """Methods and instances of ``results.json`` as Markdown, domain by domain."""
    parts: list[str] = []
    for arena in data["arenas"]:
        if len(data["arenas"]) > 1:
            runner = "" if arena["runner"] == "solve" else f" {arena['runner']}"
            values = f": {arena['values']}" if arena.get("values") else ""
            parts += [f"**{arena['domain']}{runner}**{values}", ""]
        parts += _arena(arena)
    machine = data["environment"]
    workers = sorted({count for arena in data["arenas"] for item in arena["methods"] for count in item["workers"]})
    parts.append(
        f"Limits are wall time with {' or '.join(map(str, workers))} workers, so the figures vary with the machine; "
        f"these come from {machine['processors']} cores of an {machine['processor']} "
        f"(load average {machine['load']} before the run), Python {machine['python']}, "
        f"OR-Tools {machine['ortools']}.\n"
        "`*`: proven optimal by the method itself. Gaps are from the best known value, or, where none is known, from "
        "the best value of the run; their mean is geometric."
    )
    rows = [row for arena in data["arenas"] for row in arena["instances"]]
    sources = sorted({row["best_known"]["source"] for row in rows if row["best_known"]["upper"] is not None})
    return "\n".join([*parts, *sources])


def _arena(arena: dict[str, Any]) -> list[str]:
    from schedcore.experiments.report.tables import markdown
    from schedcore.experiments.report.text import percent

    items = arena["methods"]
    summary = [
        [
            f"`{item['method']}`",
            " / ".join(f"{limit:g} s" for limit in item["time_limits_s"]),
            "-" if item["overall"] is None else percent(item["overall"]["gap"]),
            "-" if item["worst"] is None else percent(item["worst"]),
            str(item["at_reference"]),
            str(item["proven"]),
        ]
        for item in items
    ]
    header = ["method", "limit", "mean gap", "worst gap", "best known reached", "proven optimal"]
    methods = [item["method"] for item in items]
    rows = [
        [row["instance"], str(row["tasks"]), _known(row), *(_cell(row["methods"].get(method)) for method in methods)]
        for row in arena["instances"]
    ]
    return [
        markdown((header, summary)),
        "",
        markdown((["instance", "tasks", "best known", *methods], rows)),
        "",
    ]


def _known(row: dict[str, Any]) -> str:
    lower, upper = row["best_known"]["lower"], row["best_known"]["upper"]
    if upper is None:
        return ""
    return str(upper) if lower in (None, upper) else f"{lower}..{upper}"


def _cell(cell: dict[str, Any] | None) -> str:
    from schedcore.experiments.report.text import percent

    if cell is None or cell["value"] is None:
        return "-"
    star = "*" if cell["optimal"] else ""
    value = f"{cell['value']:.0f}" if abs(cell["value"]) >= 10_000 else f"{cell['value']:g}"
    return f"{value}{star}" + ("" if cell["gap"] is None else f" {percent(cell['gap'])}")


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

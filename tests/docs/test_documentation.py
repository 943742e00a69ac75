"""Every command and every snippet of the documentation is run, and its output compared."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import environment
from support.doc_blocks import RUN, PageRun, read_blocks

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        ROOT / "benchmarks" / "README.md",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "packages").glob("*/README.md"),
    ],
    key=lambda path: path.relative_to(ROOT).as_posix(),
)
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]
RUNNABLE = [path for path in PAGES if any(block.language in RUN for block in read_blocks(path))]
SLOW = [path for path in RUNNABLE if any("slow" in block.flags for block in read_blocks(path))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def run_page(path: Path, tmp_path: Path, *, slow: bool) -> None:
    folder = tmp_path / "page"
    folder.mkdir()
    PageRun(folder).run(read_blocks(path), slow=slow)


@pytest.mark.parametrize("path", RUNNABLE, ids=name)
def test_page_does_what_it_says(path: Path, tmp_path: Path) -> None:
    run_page(path, tmp_path, slow=False)


@pytest.mark.slow
@pytest.mark.parametrize("path", SLOW, ids=name)
def test_page_with_its_slow_parts_does_what_it_says(path: Path, tmp_path: Path) -> None:
    run_page(path, tmp_path, slow=True)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        assert goal.exists(), f"{name(path)} links to {target}, which does not exist"
        if anchor and goal.suffix == ".md":
            assert anchor in anchors(goal), f"{name(path)} links to {target}; there is no such heading"


def anchors(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', text))


def test_every_page_is_reached_from_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    linked = {(ROOT / "docs" / target.partition("#")[0]).resolve() for target in re.findall(r"\]\(([^)\s]+)\)", index)}
    missing = [name(path) for path in PAGES if path.parent == ROOT / "docs" and path not in linked]
    assert [page for page in missing if page != "docs/index.md"] == []


def test_reference_of_the_command_is_up_to_date() -> None:
    answer = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "gen_cli_docs.py"), "--check"],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_pages_fit_the_line_length(path: Path) -> None:
    tables_and_code = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    long = [line for line in tables_and_code.splitlines() if len(line) > 120 and not line.lstrip().startswith("|")]
    assert not long


def test_every_benchmark_is_listed() -> None:
    page = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    scripts = {path.name for path in (ROOT / "benchmarks").glob("*.py")}
    assert {script for script in scripts if script not in page} == set()

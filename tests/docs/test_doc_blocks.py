"""The runner of documentation blocks."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.doc_blocks import PageError, PageRun, commands, matches, read_blocks


def page(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "page.md"
    path.write_text(text.replace("'''", "```"), encoding="utf-8")
    return path


def run(tmp_path: Path, text: str, *, slow: bool = False) -> int:
    folder = tmp_path / "run"
    folder.mkdir()
    return PageRun(folder).run(read_blocks(page(tmp_path, text)), slow=slow)


def test_blocks_are_read_with_their_line(tmp_path: Path) -> None:
    (block,) = read_blocks(page(tmp_path, "# Head\n\n'''python slow file=a.py\nx = 1\n'''\n"))
    assert (block.line, block.language, block.text) == (4, "python", "x = 1\n")
    assert block.flags == {"slow"}
    assert block.options == {"file": "a.py"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("'''\nx\n'''\n", "needs a language"),
        ("'''bash\nls\n'''\n", "needs a language"),
        ("'''python fast\nx\n'''\n", "unknown word 'fast'"),
        ("'''python skip=\nx\n'''\n", "unknown word 'skip='"),
        ("'''python\nx\n", "is not closed"),
        ("'''text\n$ ls\n'''\n", "commands belong into a block of the language console"),
    ],
)
def test_wrong_pages_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PageError, match=message):
        read_blocks(page(tmp_path, text))


def test_python_blocks_share_names_and_output_is_compared(tmp_path: Path) -> None:
    text = "'''python\nx = 6\n'''\n\n'''python\nprint(x * 7)\n'''\n\n'''text output\n{}\n'''\n"
    assert run(tmp_path, text.format(42)) == 2
    with pytest.raises(PageError, match="page.md:10: expected\n43"):
        PageRun(_folder(tmp_path)).run(read_blocks(page(tmp_path, text.format(43))), slow=False)


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "again"
    folder.mkdir()
    return folder


def test_errors_in_python_blocks_carry_the_line_of_the_page(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run(tmp_path, "one\ntwo\n'''python\nx = 1\nx / 0\n'''\n")
    assert caught.traceback[-1].lineno + 1 == 5


def test_commands_run_and_their_output_is_compared(tmp_path: Path) -> None:
    assert run(tmp_path, "'''console\n$ echo a; echo b\na\nb\n$ false\n[exit 1]\n$ echo whatever\n'''\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$ echo a\nb\n", r"page.md:2: \$ echo a\nexpected\nb\nbut it printed\na"),
        ("$ false\n", "exit code 1, not 0"),
        ("$ true\n[exit 2]\n", "exit code 0, not 2"),
        ("echo a\n", "begins with"),
    ],
)
def test_commands_that_differ_are_errors(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PageError, match=message):
        run(tmp_path, f"'''console\n{text}'''\n")


def test_commands_continue_over_lines(tmp_path: Path) -> None:
    (block,) = read_blocks(page(tmp_path, "'''console\n$ echo a \\\n> b\na b\n'''\n"))
    assert list(commands(block)) == [(2, "echo a \\\nb", "a b", 0)]


def test_slow_and_skipped_blocks_with_their_output(tmp_path: Path) -> None:
    text = "'''python slow\nprint(1)\n'''\n'''text output\n1\n'''\n'''python skip=no-gpu\n1 / 0\n'''\n"
    assert run(tmp_path, text) == 0
    assert PageRun(_folder(tmp_path)).run(read_blocks(page(tmp_path, text)), slow=True) == 1


def test_files_are_written_for_later_blocks(tmp_path: Path) -> None:
    assert run(tmp_path, "'''text file=a.txt\nhello\n'''\n'''console\n$ cat a.txt\nhello\n'''\n") == 1


def test_output_without_a_block_before_it(tmp_path: Path) -> None:
    with pytest.raises(PageError, match="output of what"):
        run(tmp_path, "'''text output\n1\n'''\n")


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a", "a\n", True),
        ("a...c", "abc", True),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("...", "", True),
        ("a", "b", False),
        ("a.c", "abc", False),
        ("x  \ny", "x\ny  ", True),
    ],
)
def test_dots_match_anything(expected: str, printed: str, same: bool) -> None:
    assert matches(expected, printed) is same

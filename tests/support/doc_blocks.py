"""Read the code blocks of a Markdown page and run them.

The words after a block's language say how it is treated; GitHub does not show them:

``console``          lines after ``$ `` are commands, the lines below each its expected output (stdout and stderr
                     together; ``[exit N]`` at the end for an exit code other than 0); without any expected
                     line only the exit code counts
``python``           executed; the blocks of a page share one namespace
``text output``      what the Python block above prints
``... slow``         only run with ``-m slow``
``... skip=why-not`` never run; the reason is one word with dashes
``... file=NAME``    the block is written to a file in the folder where the page runs

In expected output ``...`` stands for anything.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.command import environment

RUN = {"console", "python"}
SHOWN = {"text", "toml", "yaml", "json", "mermaid", "csv"}
_FLAGS = {"slow", "output"}
_OPTIONS = {"skip", "file"}


class PageError(AssertionError):
    """A page is wrong: a block that cannot be understood, or output that differs."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its words, its text, and the line where the text begins."""

    page: Path
    line: int
    language: str
    text: str
    flags: frozenset[str] = frozenset()
    options: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Page and line, for messages."""
        return f"{self.page.name}:{self.line}"


def read_blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order; unknown languages and words are errors."""
    blocks: list[Block] = []
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        opening = re.fullmatch(r"\s*```(.*)", lines[number])
        number += 1
        if opening is None:
            continue
        first = number
        while number < len(lines) and lines[number].strip() != "```":
            number += 1
        if number == len(lines):
            raise PageError(f"{page.name}:{first}: the block is not closed")
        text = "".join(line + "\n" for line in lines[first:number])
        number += 1
        blocks.append(_block(page, first + 1, opening[1].split(), text))
    return blocks


def _block(page: Path, line: int, words: list[str], text: str) -> Block:
    place = f"{page.name}:{line}"
    if not words or words[0] not in RUN | SHOWN:
        raise PageError(f"{place}: a block needs a language of {sorted(RUN | SHOWN)}, not {words[:1]}")
    flags, options = set(), {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if equals and key in _OPTIONS and value:
            options[key] = value
        elif word in _FLAGS:
            flags.add(word)
        else:
            raise PageError(f"{place}: unknown word {word!r} behind the language")
    if words[0] in SHOWN and re.search(r"^\$ ", text, re.MULTILINE):
        raise PageError(f"{place}: commands belong into a block of the language console")
    return Block(page, line, words[0], text, frozenset(flags), options)


def matches(expected: str, printed: str) -> bool:
    """Whether ``printed`` is as expected; ``...`` matches anything, trailing blanks do not count."""
    pattern = r"[\s\S]*?".join(re.escape(part) for part in _trim(expected).split("..."))
    return re.fullmatch(pattern, _trim(printed)) is not None


def _trim(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def commands(block: Block) -> Iterator[tuple[int, str, str, int]]:
    """Line, command, expected output and expected exit code of the commands of a console block."""
    lines = block.text.splitlines()
    if lines and not lines[0].startswith("$ "):
        raise PageError(f"{block.place}: a console block begins with '$ '")
    position = 0
    while position < len(lines):
        line, command = position, lines[position][2:]
        position += 1
        while command.endswith("\\") and position < len(lines):
            command += "\n" + lines[position].removeprefix("> ")
            position += 1
        expected = []
        while position < len(lines) and not lines[position].startswith("$ "):
            expected.append(lines[position])
            position += 1
        code = 0
        if expected and (stated := re.fullmatch(r"\[exit (\d+)\]", expected[-1])):
            code = int(stated[1])
            expected.pop()
        yield block.line + line, command, "\n".join(expected), code


class PageRun:
    """Runs the blocks of one page in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self._bin = folder.parent / (folder.name + "-bin")
        self._bin.mkdir()
        # The command is this tree's, installed or not.
        for name, words in (("sched", "-m schedcore"), ("python", "")):
            script = self._bin / name
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
            script.chmod(0o755)

    def run(self, blocks: list[Block], *, slow: bool) -> int:
        """Run the blocks; the number that was executed."""
        count = 0
        printed: str | None = None
        skipped = False
        for block in blocks:
            if "output" in block.flags:
                if skipped:
                    continue
                if printed is None:
                    raise PageError(f"{block.place}: output of what?  No Python block stands before it")
                if not matches(block.text, printed):
                    raise PageError(f"{block.place}: expected\n{block.text}\nbut it printed\n{printed}")
                continue
            skipped = "skip" in block.options or ("slow" in block.flags and not slow)
            if skipped:
                continue
            if "file" in block.options:
                file = self.folder / block.options["file"]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(block.text, encoding="utf-8")
            elif block.language == "python":
                printed = self._python(block)
                count += 1
            elif block.language == "console":
                self._console(block)
                count += 1
        return count

    def _python(self, block: Block) -> str:
        # Blank lines in front make line numbers of errors those of the page.
        code = compile("\n" * (block.line - 1) + block.text, str(block.page), "exec")
        out = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out):
            exec(code, self.namespace)
        return out.getvalue()

    def _console(self, block: Block) -> None:
        path = os.pathsep.join([str(self._bin), os.environ.get("PATH", "")])
        for line, command, expected, code in commands(block):
            answer = subprocess.run(
                ["bash", "-c", command],
                cwd=self.folder,
                env=environment(PATH=path),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                timeout=600,
                check=False,
            )
            where = f"{block.page.name}:{line}: $ {command}"
            if answer.returncode != code:
                raise PageError(f"{where}\nexit code {answer.returncode}, not {code}; it printed\n{answer.stdout}")
            if expected and not matches(expected, answer.stdout):
                raise PageError(f"{where}\nexpected\n{expected}\nbut it printed\n{answer.stdout}")

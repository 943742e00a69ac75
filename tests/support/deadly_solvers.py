"""Solvers that end, hang or overload the process they run in; tests name them as ``support.deadly_solvers:Name``."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import pathlib
import subprocess
import sys
import time

from support.my_solvers import Serial


class Segfault(Serial):
    """Reads address 0."""

    name = "segfault"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        ctypes.string_at(0)


class Leaving(Serial):
    """Ends the process with a code of its own."""

    name = "leaving"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        os._exit(7)


class Hanging(Serial):
    """Holds the interpreter's lock for ten minutes, so that no thread of its process can run."""

    name = "hanging"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        ctypes.PyDLL(None).sleep(600)


class Parent(Serial):
    """Starts a process that outlives it, and waits for it."""

    name = "parent"
    mark = "31557.25"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        subprocess.run(["sleep", self.mark], check=False)


class OtherParent(Parent):
    """The same with another mark, for tests that run at the same time."""

    name = "other-parent"
    mark = "31558.75"


class Leaking(Serial):
    """Takes 40 MB more every tenth of a second, up to 1.2 GB."""

    name = "leaking"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        kept = []
        while len(kept) < 30:
            kept.append(bytearray(b"x" * (40 << 20)))
            time.sleep(0.1)
        return super().solve(problem, limits=limits)


class Sleeping(Serial):
    """Sleeps for ``factor`` seconds, then gives its schedule."""

    name = "sleeping"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        time.sleep(self.factor)
        return super().solve(problem, limits=limits)


class Marking(Sleeping):
    """Sleeps, and has a file named after its process in the folder ``SCHED_TEST_MARKS`` while it does.

    Warming up, which has a limit of half a second, leaves no mark.
    """

    name = "marking"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        folder = os.environ.get("SCHED_TEST_MARKS")
        if folder is None or limits.time_limit_s < 1:
            return super().solve(problem, limits=limits)
        mark = pathlib.Path(folder, str(os.getpid()))
        mark.touch()
        try:
            return super().solve(problem, limits=limits)
        finally:
            mark.unlink()


class Threads(Serial):
    """Prints the variables by which libraries count threads."""

    name = "threads"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        print({name: value for name, value in sorted(os.environ.items()) if name.endswith("_NUM_THREADS")})
        return super().solve(problem, limits=limits)


class Garbage(Serial):
    """Prints bytes that are no text, by Python and past it, and much of them."""

    name = "garbage"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        os.write(1, b"\xff\xfe\x00 raw\n")
        for _ in range(200):
            print("\x1b[2J{not json]" * 100)
        os.write(2, b"the end\n")
        return super().solve(problem, limits=limits)


class NotANumber(Serial):
    """Says that its bound is no number."""

    name = "nan"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        return dataclasses.replace(super().solve(problem, limits=limits), bound=float("nan"))


class Quitting(Serial):
    """Ends the interpreter in the way of Python."""

    name = "quitting"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        sys.exit(3)


class Forgetful(Serial):
    """Runs out of memory, as Python says it."""

    name = "forgetful"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        raise MemoryError("17 GB")


class Flaky(Serial):
    """Ends its process the first time; a file in the working directory remembers it."""

    name = "flaky"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        mark = pathlib.Path(f"flaky-{seed}")
        if problem.name != "warm-up" and not mark.exists():
            mark.touch()
            os._exit(1)
        return super().solve(problem, limits=limits)

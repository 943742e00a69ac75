"""The exceptions that this project raises on purpose.

Every error says *what* is wrong, *where* (a file and line, a field, an option) and *what to do*
about it.  The command line prints the three lines and leaves with ``exit_code``; a traceback means
a bug.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SchedError(Exception):
    """Base class of all expected errors.

    Parameters
    ----------
    what
        The fault, with the offending value.
    where
        Place of the fault: ``file:line``, a field such as ``tasks[3].modes[0].duration``, an option.
    remedy
        What the user can do about it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what, where, remedy)

    def __str__(self) -> str:
        text = self.what if self.where is None else f"{self.where}: {self.what}"
        return text if self.remedy is None else f"{text} ({self.remedy})"

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling of exceptions.
        return _rebuild, (type(self), self.what, self.where, self.remedy)

    def as_dict(self) -> dict[str, str | None]:
        """The error as plain data for ``--json`` output."""
        return {"type": type(self).__name__, "what": self.what, "where": self.where, "remedy": self.remedy}


class InputError(SchedError):
    """Bad input: a file, a value, an option or a configuration that cannot be used."""

    exit_code = 2


class ModelError(InputError):
    """A problem or schedule that is not well formed (raised while it is built)."""


class FormatError(InputError):
    """A file that does not follow its format; ``where`` names file and line."""


class UnknownNameError(InputError):
    """A name that is not known: of a solver, policy, instance, domain, metric, resource, task."""


class UnsupportedFeatureError(InputError):
    """A solver or policy was given a problem with features that it does not understand."""

    @classmethod
    def of(cls, name: str, missing: Iterable[str], *, remedy: str | None = None) -> UnsupportedFeatureError:
        """The standard refusal of method ``name`` for the features ``missing``."""
        features = ", ".join(sorted(missing))
        return cls(
            f"{name} does not support: {features}",
            remedy=remedy or "choose a method that does, or let --solver auto choose",
        )


class MissingExtraError(InputError):
    """An optional dependency is not installed; the remedy names the extra."""


class NoScheduleError(SchedError):
    """No feasible schedule exists, or none was found within the limits."""

    exit_code = 3


class ViolationError(SchedError):
    """A schedule breaks the problem's rules where a feasible one is required."""

    exit_code = 4


class IllegalDecisionError(ViolationError):
    """A policy asked the executor for a start that the rules forbid."""


class NoDecisionError(IllegalDecisionError):
    """A policy gave the executor something that is no decision: a fault of its code, whatever the problem is."""

    exit_code = 1


class TrialsFailedError(SchedError):
    """Some trials of an experiment failed; the others are stored."""

    exit_code = 5


class TimeOutError(SchedError):
    """The whole command ran past its time-out."""

    exit_code = 124


def _rebuild(cls: type[SchedError], what: str, where: str | None, remedy: str | None) -> SchedError:
    return cls(what, where=where, remedy=remedy)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A remedy that suggests near misses of ``name``, or lists the known names.

    >>> did_you_mean("cpsta", ["cpsat", "sgs"])
    "did you mean 'cpsat'?"
    """
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(repr(n) for n in near) + "?"
    if not names:
        return "none is known here"
    shown = ", ".join(names[:12])
    return f"known: {shown}" + (", ..." if len(names) > 12 else "")


def unknown_name(kind: str, name: str, known: Iterable[str], *, where: str | None = None) -> UnknownNameError:
    """The standard error for an unknown ``kind`` (``"solver"``, ``"task"``) called ``name``."""
    return UnknownNameError(f"unknown {kind} {name!r}", where=where, remedy=did_you_mean(name, known))

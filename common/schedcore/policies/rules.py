"""Priority rules: formulas, sources, and one function that evaluates them all.

Notation: at ``t`` (now) for task ``i``: ``p`` processing (shortest duration), ``P`` total processing of
the task and everything after it, ``m`` number of these tasks, ``L`` longest path from its start to the
end of everything after it, ``d`` latest end that keeps all due dates after it, ``D`` the same for
deadlines (``d`` if there is none), ``w`` weight, ``a`` arrival (earliest start by release and decided
lags), ``q`` mean processing of all tasks.  The task with the *smallest* key goes first; ties go to
the lowest task id.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ATC_SLACK_SCALE = 3.0
"""``k`` of ATC: how many mean processing times of slack reduce the priority by a factor e."""
RM_SLACK_SCALE = 2.0
"""``k`` of RM."""
WAITING_FACTOR = 2.0
"""``b``: expected waiting of an operation, in multiples of its processing (ATC, COVERT)."""
COVERT_SCALE = 1.0
"""``k`` of COVERT."""

(
    SPT,
    LPT,
    MWKR,
    LWKR,
    MOR,
    LOR,
    FIFO,
    EDD,
    MDD,
    ATC,
    COVERT,
    EDF,
    RM,
    LLF,
    CP,
    WSPT,
    CR,
    SOPN,
    RANDOM,
) = range(19)


@dataclass(frozen=True, slots=True)
class Rule:
    """A priority rule.

    Parameters
    ----------
    name
        As in ``get_policy``.
    code
        For :func:`rule_key`.
    formula
        Key that is minimised, in the notation of this module.
    source
        Where it comes from.
    dynamic
        Whether the ranking of two tasks can change with time.
    followers
        Whether it looks at all tasks that come after a task.
    """

    name: str
    code: int
    formula: str
    source: str
    dynamic: bool = False
    followers: bool = False


_RULES = (
    Rule("spt", SPT, "p", "shortest processing time; Smith 1956"),
    Rule("lpt", LPT, "-p", "longest processing time; Graham 1969"),
    Rule("mwkr", MWKR, "-P", "most work remaining; Conway, Maxwell and Miller 1967", followers=True),
    Rule("lwkr", LWKR, "P", "least work remaining; Conway, Maxwell and Miller 1967", followers=True),
    Rule("mor", MOR, "-m", "most operations remaining (MOPNR); Haupt 1989", followers=True),
    Rule("lor", LOR, "m", "fewest operations remaining; Haupt 1989", followers=True),
    Rule("fifo", FIFO, "a", "first in, first out; Conway, Maxwell and Miller 1967"),
    Rule("edd", EDD, "d", "earliest due date; Jackson 1955"),
    Rule("mdd", MDD, "max(t + L, d - p + L)", "modified due date; Baker and Bertrand 1982", dynamic=True),
    Rule(
        "atc",
        ATC,
        "-w/p exp(-max(0, d - t - p - b (P - p)) / (k q)), k = 3, b = 2",
        "apparent tardiness cost; Vepsalainen and Morton 1987",
        dynamic=True,
        followers=True,
    ),
    Rule(
        "covert",
        COVERT,
        "-w/p max(0, 1 - max(0, d - t - p) / (k b P)), k = 1, b = 2",
        "cost over time; Carroll 1965",
        dynamic=True,
        followers=True,
    ),
    Rule("edf", EDF, "D", "earliest deadline first; Liu and Layland 1973"),
    Rule(
        "rm",
        RM,
        "-w/p exp(-max(0, d - t - p) / (k q)), k = 2",
        "Rachamadugu and Morton 1982",
        dynamic=True,
    ),
    Rule("llf", LLF, "D - t - p", "least laxity first; Dertouzos and Mok 1989"),
    Rule("cp", CP, "-L", "critical path, longest tail; Hu 1961, Kelley 1963"),
    Rule("wspt", WSPT, "p/w", "weighted shortest processing time; Smith 1956"),
    Rule("cr", CR, "(d - t) / L", "critical ratio; Berry and Rao 1975", dynamic=True),
    Rule("sopn", SOPN, "(d - t - p) / m", "slack per operation; Conway 1965", dynamic=True, followers=True),
    Rule("random", RANDOM, "uniform random number of the task", "baseline"),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _RULES}
"""All rules by name."""

ALIASES: dict[str, str] = {"mopnr": "mor", "mtwr": "mwkr", "critical-path": "cp", "lst": "llf"}
"""Other names in use."""


def rule_key(
    code: int,
    now: float,
    arrival: float,
    p: float,
    tail: float,
    work: float,
    operations: float,
    due: float,
    deadline: float,
    weight: float,
    mean: float,
    draw: float,
    no_deadline: float,
) -> float:
    """Key of one task (smallest first).  Plain arithmetic, so that compiled code shares it."""
    if code == SPT:
        return p
    if code == LPT:
        return -p
    if code == MWKR:
        return -work
    if code == LWKR:
        return work
    if code == MOR:
        return -operations
    if code == LOR:
        return operations
    if code == FIFO:
        return arrival
    if code == EDD:
        return due
    if code == MDD:
        return max(now + tail, due - p + tail)
    length = max(p, 1.0)
    if code == ATC:
        slack = max(0.0, due - now - p - WAITING_FACTOR * (work - p))
        return -weight / length * math.exp(-slack / (ATC_SLACK_SCALE * max(mean, 1.0)))
    if code == COVERT:
        slack = max(0.0, due - now - p)
        return -weight / length * max(0.0, 1.0 - slack / (COVERT_SCALE * WAITING_FACTOR * max(work, 1.0)))
    if code == EDF:
        return deadline if deadline < no_deadline else due
    if code == RM:
        slack = max(0.0, due - now - p)
        return -weight / length * math.exp(-slack / (RM_SLACK_SCALE * max(mean, 1.0)))
    if code == LLF:
        return (deadline if deadline < no_deadline else due) - p
    if code == CP:
        return -tail
    if code == WSPT:
        return p / max(weight, 1e-9)
    if code == CR:
        return (due - now) / max(tail, 1.0)
    if code == SOPN:
        return (due - now - p) / max(operations, 1.0)
    return draw

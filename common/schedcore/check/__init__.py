"""What a schedule means: ``check`` finds every violation, ``explain`` says why a problem has no schedule.

Standard library and numpy only; no solver is imported.
"""

from schedcore.check.checker import check
from schedcore.check.explanation import Conflict, ConflictKind, explain
from schedcore.check.realised import Realised
from schedcore.check.report import Report
from schedcore.check.violation import Violation, ViolationCode

__all__ = [
    "Conflict",
    "ConflictKind",
    "Realised",
    "Report",
    "Violation",
    "ViolationCode",
    "check",
    "explain",
]

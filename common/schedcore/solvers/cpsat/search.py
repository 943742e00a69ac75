"""One run of CP-SAT that can be watched and stopped.

CP-SAT runs in a thread of its own and the caller's thread waits: so signals are handled, callbacks
are called in the caller's thread, and a stop is answered within a twentieth of a second.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Found:
    """A solution of CP-SAT: values of all variables, objective and bound of the stage, when."""

    values: Sequence[int]
    objective: float
    bound: float
    wall_s: float


@dataclass(slots=True)
class Outcome:
    """How a run of CP-SAT ended; ``status`` is ``OPTIMAL``, ``FEASIBLE``, ``INFEASIBLE``, ``UNKNOWN`` or
    ``MODEL_INVALID``.
    """

    status: str
    values: Sequence[int] | None
    bound: float | None
    deterministic_time: float
    stopped: str = ""
    """``"stopped"`` or ``"interrupted"`` if the run was ended from outside."""
    found: list[Found] = field(default_factory=list)


def run_cpsat(
    model: Any,
    parameters: dict[str, Any],
    *,
    clock: float,
    on_found: Callable[[Found], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Outcome:
    """Solve ``model`` with CP-SAT under ``parameters`` (fields of ``SatParameters``).

    Parameters
    ----------
    clock
        ``time.perf_counter()`` at the begin of the solve, from which ``Found.wall_s`` counts.
    on_found
        Called in this thread for every improvement.
    should_stop
        Polled about twenty times per second.  ``KeyboardInterrupt`` also ends the run, with what was found.
    """
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    for name, value in parameters.items():
        setattr(solver.parameters, name, value)
    solver.parameters.catch_sigint_signal = False
    pipe: queue.SimpleQueue[Found | None] = queue.SimpleQueue()

    class Callback(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            response = self.response_proto
            pipe.put(
                Found(
                    list(response.solution),
                    response.objective_value,
                    response.best_objective_bound,
                    time.perf_counter() - clock,
                )
            )

    failure: list[BaseException] = []

    def work() -> None:
        try:
            solver.solve(model, Callback())
        except BaseException as error:  # handed to the caller's thread
            failure.append(error)
        finally:
            pipe.put(None)

    thread = threading.Thread(target=work, name="cpsat", daemon=True)
    found: list[Found] = []
    stopped = ""
    thread.start()
    try:
        while True:
            try:
                item = pipe.get(timeout=_POLL_S)
            except queue.Empty:
                item = None
                if thread.is_alive():
                    if stopped or (should_stop is not None and should_stop()):
                        stopped = "stopped"
                        solver.stop_search()  # again and again: a stop before the search has begun is lost
                    continue
            if item is None:
                break
            found.append(item)
            if on_found is not None:
                on_found(item)
    except KeyboardInterrupt:
        stopped = "interrupted"
    finally:
        while thread.is_alive():
            solver.stop_search()
            thread.join(_POLL_S)
    if failure:
        raise failure[0]
    response = solver.response_proto
    status = str(response.status.name)
    has_solution = status in ("OPTIMAL", "FEASIBLE")
    bound = response.best_objective_bound
    return Outcome(
        status,
        list(response.solution) if has_solution else None,
        bound if math.isfinite(bound) else None,
        response.deterministic_time,
        stopped,
        found,
    )

"""What an error of Ray says about a trial: in the words of :data:`~schedcore.experiments.trial.ERROR_TYPES`."""

from __future__ import annotations

from schedcore.errors import InputError, SchedError
from schedcore.experiments.backends.ray_task import Note


class ClusterLostError(SchedError):
    """Ray itself is gone; what has finished is stored."""

    @classmethod
    def of(cls, what: str) -> ClusterLostError:
        """The error with its standard remedy."""
        return cls(what, where="backend ray", remedy="what is done is stored: continue with  sched sweep --resume RUN")


def fault_of(error: BaseException, note: Note | None, node_is_dead: bool, detail: str) -> tuple[str, str]:
    """Error type and message for a trial whose result is ``error``.

    Parameters
    ----------
    note
        What the worker said of itself, if it ran.
    node_is_dead
        Whether the node it ran on has gone.
    detail
        What Ray told about the end of the worker.

    Raises
    ------
    SchedError
        The error is not about this trial: the nodes run other code, or none of ours.
    """
    from ray import exceptions as ray_errors

    where = f" on {note.host}" if note is not None else ""
    if note is not None and note.over_mb:
        return "out-of-memory", f"used {note.over_mb} MiB{where}, more than its memory_mb"
    cause = getattr(error, "cause", None)
    for found in (cause, error):
        if isinstance(found, SchedError):
            raise found
        if isinstance(found, ModuleNotFoundError) or "ModuleNotFoundError: No module named 'schedcore" in str(found):
            raise InputError(
                f"the code is not on the nodes of the cluster: {str(found).strip().splitlines()[-1]}",
                where="backend ray",
                remedy="install the same wheel on every node, or submit a job:  --address http://HEAD:8265",
            )
    if isinstance(error, ray_errors.OutOfMemoryError):
        return "out-of-memory", f"ended by Ray{where}: the node ran out of memory"
    if isinstance(error, ray_errors.NodeDiedError) or node_is_dead:
        return "lost", f"its node is gone{where}"
    if isinstance(error, ray_errors.WorkerCrashedError):
        return "crash", f"its process ended{where}" + (
            f": {detail}" if detail else " (a crash, or killed by the system)"
        )
    if isinstance(error, (ray_errors.ObjectLostError, ray_errors.RaySystemError, ray_errors.RuntimeEnvSetupError)):
        return "lost", f"its result is lost{where}: {_first_line(error)}"
    if isinstance(error, ray_errors.TaskCancelledError):
        return "exception", f"it was interrupted{where}: KeyboardInterrupt"
    if isinstance(error, ray_errors.RayTaskError):
        shown = cause if isinstance(cause, BaseException) else error
        return "exception", f"{type(shown).__name__}: {_last_line(shown)}"
    return "lost", f"{type(error).__name__}{where}: {_first_line(error)}"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0]


def _last_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[-1]

"""What a worker of Ray runs, and the notes by which the driver learns of it while it runs.

A note is an entry in Ray's own key-value store, the one channel that works from every node and every kind of
connection without an actor.  It says that a trial has begun, so that its time counts from then and not from when it
was handed over; and, if so, that it grew over its memory.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schedcore.errors import InputError
from schedcore.experiments.backends.memory import tree_rss_mb
from schedcore.experiments.trial import Trial, TrialRecord

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

_NAMESPACE = b"sched"
_WATCH_EVERY_S = 0.2
_INSTANCES = 16


@dataclass(frozen=True, slots=True)
class Note:
    """Where a trial runs, the MiB it had when it was ended for them (0: it was not), whether it is still warming up."""

    host: str
    node: str
    pid: int
    over_mb: int = 0
    warming: bool = False


class Notes:
    """The notes of some trials of a backend; ``run`` keeps them apart from others."""

    def __init__(self, run: str) -> None:
        self._prefix = f"{run}/".encode()

    def post(self, name: str, note: Note) -> None:
        """Leave a note; errors are ignored, since a trial must not fail for it."""
        from ray.experimental import internal_kv

        text = json.dumps(dataclasses.astuple(note)).encode()
        with contextlib.suppress(Exception):
            internal_kv._internal_kv_put(self._prefix + name.encode(), text, namespace=_NAMESPACE)

    def names(self) -> list[str]:
        """Names of all notes."""
        from ray.experimental import internal_kv

        found = internal_kv._internal_kv_list(self._prefix, namespace=_NAMESPACE) or []
        return [entry[len(self._prefix) :].decode() for entry in found]

    def get(self, name: str) -> Note | None:
        """The note called ``name``."""
        from ray.experimental import internal_kv

        text = internal_kv._internal_kv_get(self._prefix + name.encode(), namespace=_NAMESPACE)
        return None if text is None else Note(*json.loads(text))

    def clear(self) -> None:
        """Throw all notes away."""
        from ray.experimental import internal_kv

        internal_kv._internal_kv_del(self._prefix, del_by_prefix=True, namespace=_NAMESPACE)


def note_name(trial: Trial, attempt: int) -> str:
    """The name of the note of an attempt."""
    return f"{trial.key}.{attempt}"


def run_on_worker(
    trial: Trial, attempt: int, instance: list[Any], run: str, code: str | None, warm: bool
) -> TrialRecord:
    """Run ``trial`` in this worker process.

    Parameters
    ----------
    instance
        A reference to the instance in the object store, or nothing.
    run
        Name under which notes are left.
    code
        Version of the code that the driver runs; ``None`` where both are surely the same.
    warm
        Whether the method loads what it needs before its first trial in this process.

    Raises
    ------
    InputError
        This node has another version of the code, so that its results are not those that the key stands for.
    """
    import ray

    from schedcore.experiments.run_trial import run_trial
    from schedcore.experiments.warm_up import is_warm, warm_worker

    if code is not None:
        check_code(trial, code)
    context = ray.get_runtime_context()
    note = Note(os.uname().nodename, context.get_node_id(), os.getpid())
    notes = Notes(run)
    loaded = _fetched(instance)
    cold = warm and not is_warm(trial, loaded)
    name = note_name(trial, attempt)
    notes.post(name, dataclasses.replace(note, warming=cold))
    with _memory_watch(trial, attempt, notes, note):
        if cold:
            # Compiling may take longer than the trial; it is no part of its time.
            warm_worker(trial, loaded)
            notes.post(name, note)
        record = run_trial(trial, loaded)
    return dataclasses.replace(record, backend="ray", attempt=attempt)


_instances: OrderedDict[str, LoadedInstance] = OrderedDict()


def _fetched(instance: list[Any]) -> LoadedInstance | None:
    """The instance behind the reference; the last few are kept, since large ones take longer to read than to solve."""
    if not instance:
        return None
    import ray

    name = instance[0].hex()
    if name not in _instances:
        _instances[name] = ray.get(instance[0])
        if len(_instances) > _INSTANCES:
            _instances.popitem(last=False)
    _instances.move_to_end(name)
    return _instances[name]


def code_of(domain: str) -> str:
    """Version of the code that computes trials of ``domain``, as it is in this process."""
    from schedcore.experiments.code_version import code_version
    from schedcore.registry import get_domain

    return code_version(get_domain(domain).load.__module__.partition(".")[0])


def check_code(trial: Trial, code: str) -> None:
    """Refuse to compute with other code than the driver's."""
    here = code_of(trial.domain)
    if here != code:
        raise InputError(
            f"this node runs sched {here}, the driver {code}",
            where=f"node {os.uname().nodename}",
            remedy="install the same version on every node, or submit a job:  --address http://HEAD:8265",
        )


@contextlib.contextmanager
def _memory_watch(trial: Trial, attempt: int, notes: Notes, note: Note) -> Iterator[None]:
    """End this process when it needs more than the trial was granted; the note says why."""
    limit_mb = trial.memory_mb
    if limit_mb is None:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_WATCH_EVERY_S):
            used = tree_rss_mb(note.pid)
            if used > limit_mb:
                notes.post(note_name(trial, attempt), Note(note.host, note.node, note.pid, round(used)))
                os._exit(1)

    thread = threading.Thread(target=watch, name="sched-memory", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()

"""Trials as tasks of Ray: on a Ray of our own on this machine, or on a cluster that runs."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import sys
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schedcore.cli.checkup import granted_cpus
from schedcore.errors import InputError, MissingExtraError, SchedError
from schedcore.experiments.backends.memory import available_mb
from schedcore.experiments.backends.protocol import DEFAULT_GRACE_S, Finished
from schedcore.experiments.backends.ray_faults import ClusterLostError, fault_of
from schedcore.experiments.backends.ray_local import LocalRay, join_environment, own_signals
from schedcore.experiments.backends.ray_task import Note, Notes, code_of, note_name, run_on_worker
from schedcore.experiments.backends.resources import gpu_ids
from schedcore.experiments.backends.worker_process import THREADS
from schedcore.experiments.trial import Trial, failed_record

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance

DEFAULT_OBJECT_STORE_MB = 256
_MB = 1 << 20

_CALLS_PER_WORKER = 2000
"""A worker is replaced after so many trials, so that leaks of libraries do not add up.  A new one takes seconds."""

_INSTANCES_KEPT = 64
_LINES = 40
_FALSE_STARTS = 5
_NOTES_TOGETHER = 500
_LOOK_EVERY_S = 0.5
"""How often notes of begun trials are looked for; also the precision of time-outs."""

_COUNT_EVERY_S = 5.0
_WARM_S = 90.0
"""What compiling and loading may take beside the time of the trial."""


@dataclass(slots=True)
class _Running:
    trial: Trial
    attempt: int
    limit_s: float
    notes: Notes
    arguments: tuple[Any, ...]
    deadline: float | None = None
    note: Note | None = None
    false_starts: int = 0

    @property
    def name(self) -> str:
        return note_name(self.trial, self.attempt)


class RayBackend:
    """Runs every trial as a task of Ray.

    Ray grants each task its ``workers``, ``gpus`` and ``memory_mb`` and keeps the sums within what the nodes have.
    Time-outs count from the moment a trial begins, however long it waited for a processor, and end its process.
    Nothing is retried here.

    Parameters
    ----------
    address
        ``None`` or ``local``: a Ray of its own, started with the backend and stopped with it; if the program has called
        ``ray.init`` itself, that one is used and left alone.  ``auto`` or ``HOST:PORT``: a running cluster, of
        which this machine is a node.  ``ray://HOST:PORT``: a cluster from outside, where trials go on only as long as
        the connection holds.
    slots
        Processors of the Ray of its own; default: those granted to this process.
    grace_s
        Seconds beyond its own limit after which a trial without ``timeout_s`` is ended.
    object_store_mb
        Shared memory of the Ray of its own.
    memory_mb
        Memory that the Ray of its own hands out; default: what the machine has.
    warm_up
        Let methods load what they need before their first trial in a worker.
    say
        Told what the user should know.
    """

    name = "ray"

    def __init__(
        self,
        *,
        address: str | None = None,
        slots: int | None = None,
        grace_s: float = DEFAULT_GRACE_S,
        object_store_mb: int = DEFAULT_OBJECT_STORE_MB,
        memory_mb: int | None = None,
        warm_up: bool = True,
        say: Callable[[str], None] | None = None,
    ) -> None:
        if address is not None and address.startswith(("http://", "https://")):
            raise InputError(
                f"{address} is the address for jobs, not of a cluster to join",
                where="backend.address",
                remedy="sched sweep ... --address http://HEAD:8265  submits a job",
            )
        if object_store_mb < 80:
            raise InputError(
                f"{object_store_mb} MB of shared memory is too little for Ray",
                where="backend.object_store_mb",
                remedy="use at least 80",
            )
        self.address = None if address == "local" else address
        self.warm_up = warm_up
        self.memory_mb = memory_mb
        self.slots = slots or granted_cpus()
        self.grace_s = grace_s
        self._say = say or (lambda text: None)
        self._local = self._own(object_store_mb) if self.address is None else None
        self._run = secrets.token_hex(4)
        self._submitted = 0
        self._notes: dict[str, Notes] = {}
        self._started = False
        self._joined = False
        self._running: dict[Any, _Running] = {}
        self._functions: dict[tuple[Any, ...], Any] = {}
        self._instances: OrderedDict[int, tuple[LoadedInstance, Any]] = OrderedDict()
        self._codes: dict[str, str] = {}
        self._nodes: list[Mapping[str, Any]] = []
        self._told: deque[str] = deque(maxlen=50)
        self._looked = self._counted = 0.0
        self._quiet: Callable[[], None] = lambda: None

    def _own(self, object_store_mb: int) -> LocalRay:
        return LocalRay(self.slots, object_store_mb, self._say, memory_mb=self.memory_mb)

    @property
    def window(self) -> int:
        """Twice the processors, so that no node waits for the driver."""
        return 2 * max(1, self.slots)

    # ---- beginning and end ---------------------------------------------------------------------------

    def start(self) -> None:
        """Start Ray, or join the cluster.

        Raises
        ------
        InputError
            There is no cluster at the address.
        MissingExtraError
            ``ray://`` without the extra ``cluster``.
        SchedError
            Ray does not start.
        """
        if self._started:
            return
        join_environment()
        if self._local is not None and "ray" in sys.modules and sys.modules["ray"].is_initialized():
            self._local = None
            self._joined = True
        elif self._local is not None:
            self._local.start()
        else:
            self._join()
        self._started = True
        self._quiet = _listen(self._told)
        self._count()

    def _join(self) -> None:
        import ray

        address = str(self.address)
        if address.startswith("ray://"):
            _need_client()
            self._say(f"the sweep ends with the connection to {address}; a job goes on:  --address http://HEAD:8265")
        try:
            with own_signals():
                ray.init(address=address, log_to_driver=False, configure_logging=False, logging_level=logging.ERROR)
        except Exception as error:
            raise InputError(
                f"no Ray cluster can be joined: {_in_short(error)}",
                where=f"--address {address}",
                remedy="start one:  ray start --head;  with tokens, RAY_AUTH_TOKEN must be the cluster's",
            ) from error

    def close(self) -> None:
        """Give up what runs; stop the Ray of its own, or leave the cluster."""
        if not self._started:
            return
        self._started = False
        import ray

        with contextlib.suppress(Exception):
            self.cancel()
        with contextlib.suppress(Exception):
            for notes in self._notes.values():
                notes.clear()
        self._quiet()
        self._instances.clear()
        self._functions.clear()
        if self._local is not None:
            self._local.close()
        elif not self._joined:
            with contextlib.suppress(Exception), own_signals():
                ray.shutdown()

    # ---- trials --------------------------------------------------------------------------------------

    def fits(self, trial: Trial) -> str:
        """Empty if some node can run ``trial``, as far as it is known: before :meth:`start` a cluster is not."""
        asked = f"it asks for {trial.workers} processors"
        asked += f", {trial.gpus:g} GPUs" if trial.gpus else ""
        asked += f", {trial.memory_mb} MiB of memory" if trial.memory_mb else ""
        if not self._started:
            return self._fits_here(trial, asked) if self._local is not None else ""
        has = [node["Resources"] for node in self._nodes]
        for found in has:
            enough = found.get("CPU", 0) >= trial.workers and found.get("GPU", 0) >= trial.gpus
            if enough and found.get("memory", 0) >= (trial.memory_mb or 0) * _MB:
                return ""
        return f"{asked}; no node has that: {'; '.join(map(_node_text, has)) or 'none is alive'}"

    def _fits_here(self, trial: Trial, asked: str) -> str:
        memory_mb = self.memory_mb or available_mb()
        gpus = len(gpu_ids())
        if trial.workers <= self.slots and trial.gpus <= gpus and (trial.memory_mb or 0) <= (memory_mb or float("inf")):
            return ""
        has = f"{self.slots} processors" + (f", {gpus} GPUs" if gpus else "")
        return f"{asked}; Ray gets {has}" + (f", {memory_mb:.0f} MiB" if memory_mb else "")

    def submit(self, trial: Trial, attempt: int, loaded: LoadedInstance | None) -> None:
        """Hand ``trial`` to Ray.

        Raises
        ------
        InputError
            No node could ever run it.
        """
        self._check_alive()
        too_much = self.fits(trial)
        if too_much:
            # The cluster may have grown since it was counted.
            self._count()
            too_much = self.fits(trial)
        if too_much:
            raise InputError(
                f"{trial.label} can never run here: {too_much}",
                where="backend ray",
                remedy="ask for less, or add a node that has it",
            )
        code = None if self._local is not None else self._code(trial.domain)
        # A fresh name for the notes of every few hundred trials: all of them are thrown away at once.
        run = f"{self._run}-{self._submitted // _NOTES_TOGETHER}"
        self._submitted += 1
        notes = self._notes.setdefault(run, Notes(run))
        arguments = (trial, attempt, self._instance(loaded), run, code, self.warm_up)
        self._hand_over(_Running(trial, attempt, trial.outer_limit_s(self.grace_s), notes, arguments))

    def _hand_over(self, running: _Running) -> None:
        self._running[self._function(running.trial).remote(*running.arguments)] = running

    def _function(self, trial: Trial) -> Any:
        """The task for what ``trial`` asks for; made once, since Ray ships it anew otherwise."""
        asked = (trial.workers, trial.gpus, trial.memory_mb)
        if asked not in self._functions:
            import ray

            options: dict[str, Any] = {
                "num_cpus": trial.workers,
                "num_gpus": trial.gpus,
                "max_retries": 0,
                "max_calls": _CALLS_PER_WORKER,
                # Read by libraries when they load, so it must stand before the process does.
                "runtime_env": {"env_vars": dict.fromkeys(THREADS, str(trial.workers)) | self._search_path()},
            }
            if trial.memory_mb:
                options["memory"] = trial.memory_mb * _MB
            self._functions[asked] = ray.remote(**options)(run_on_worker)
        return self._functions[asked]

    def _search_path(self) -> dict[str, str]:
        """Where workers on this machine find modules: where this process does.  Others have folders of their own."""
        if self._local is None and not self._joined:
            return {}
        folders = [os.path.abspath(folder) for folder in sys.path]
        return {"PYTHONPATH": os.pathsep.join(dict.fromkeys(folder for folder in folders if os.path.isdir(folder)))}

    def _instance(self, loaded: LoadedInstance | None) -> list[Any]:
        """The instance in the object store; each is put there once and not sent with every trial."""
        if loaded is None:
            return []
        if id(loaded) not in self._instances:
            import ray

            # The object is kept beside its reference, so that its id stays its own.
            self._instances[id(loaded)] = (loaded, ray.put(loaded))
            if len(self._instances) > _INSTANCES_KEPT:
                self._instances.popitem(last=False)
        self._instances.move_to_end(id(loaded))
        # Inside a list Ray hands over the reference and not what it stands for, which workers keep.
        return [self._instances[id(loaded)][1]]

    def _code(self, domain: str) -> str:
        if domain not in self._codes:
            self._codes[domain] = code_of(domain)
        return self._codes[domain]

    def poll(self, timeout_s: float) -> list[Finished]:
        """What has finished, well or not.

        Raises
        ------
        ClusterLostError
            Ray itself has died.
        InputError
            The nodes run another version of the code.
        """
        until = time.monotonic() + timeout_s
        while True:
            # Ray ends this process without a word when it speaks to a daemon that is gone; so we look before.
            self._check_alive()
            found = self._ready(max(0.0, min(until - time.monotonic(), _LOOK_EVERY_S)))
            found += self._overdue()
            if found or time.monotonic() >= until:
                return found
            if not self._running:
                time.sleep(max(0.0, min(until - time.monotonic(), _LOOK_EVERY_S)))

    def cancel(self, keys: Iterable[str] | None = None) -> None:
        """End the processes of trials; they are not reported any more."""
        chosen = None if keys is None else set(keys)
        for reference, running in list(self._running.items()):
            if chosen is None or running.trial.key in chosen:
                self._end(reference)

    def _end(self, reference: Any) -> None:
        import ray

        del self._running[reference]
        ray.cancel(reference, force=True)

    # ---- looking after what runs ---------------------------------------------------------------------

    def _ready(self, timeout_s: float) -> list[Finished]:
        if not self._running:
            return []
        import ray

        references = list(self._running)
        try:
            ready, rest = ray.wait(references, num_returns=1, timeout=timeout_s)
            if ready and rest:
                ready += ray.wait(rest, num_returns=len(rest), timeout=0)[0]
        except (ray.exceptions.RayError, ConnectionError, OSError) as error:
            raise ClusterLostError.of(f"the connection to Ray broke: {error}") from error
        found = (self._collect(reference) for reference in ready)
        return [finished for finished in found if finished is not None]

    def _collect(self, reference: Any) -> Finished | None:
        import ray

        running = self._running.pop(reference)
        try:
            record = ray.get(reference)
        except (SchedError, ray.exceptions.RayError) as error:
            note = running.notes.get(running.name) or running.note
            if self._never_began(running, error, note):
                self._hand_over(running)
                return None
            record = self._failed(running, error, note)
        except Exception as error:
            # Ray found a result that this process cannot make an object of again.
            text = f"the result cannot be read: {type(error).__name__}: {error}"
            record = failed_record(running.trial, "invalid-result", text, attempt=running.attempt, backend=self.name)
        return Finished(running.trial.key, running.attempt, record)

    def _never_began(self, running: _Running, error: Exception, note: Note | None) -> bool:
        """Whether Ray gave the trial to a worker that was about to end for another reason; so it has lost nothing."""
        import ray

        if note is not None or not isinstance(error, ray.exceptions.WorkerCrashedError):
            return False
        self._check_alive()
        running.false_starts += 1
        return running.false_starts <= _FALSE_STARTS

    def _failed(self, running: _Running, error: Exception, note: Note | None) -> Any:
        import ray

        self._check_alive()
        node_is_dead = False
        if isinstance(error, ray.exceptions.WorkerCrashedError) and note is not None and not note.over_mb:
            node_is_dead = self._node_died(note.node)
        error_type, message = fault_of(error, note, node_is_dead, self._detail(note))
        return failed_record(
            running.trial,
            error_type,
            message,
            error_text=f"{message}\n{self._last_words(note) or f'{type(error).__name__}: {error}'[-4000:]}",
            attempt=running.attempt,
            host=note.host if note is not None else "",
            backend=self.name,
        )

    def _node_died(self, node: str) -> bool:
        """Whether the worker went because its node did."""
        import ray

        return node not in {entry["NodeID"] for entry in ray.nodes() if entry["Alive"]}

    def _last_words(self, note: Note | None) -> str:
        """The end of what a dead worker printed, where its files can be read from here."""
        if note is None or self._local is None or self._local.folder is None:
            return ""
        files = self._local.folder.glob(f"*/session_latest/logs/worker-*-{note.pid}.*")
        text = "".join(file.read_text(encoding="utf-8", errors="replace") for file in sorted(files))
        # Ray marks the lines of its jobs and actors for its own log viewer.
        return "\n".join([line for line in text.splitlines() if not line.startswith(":")][-_LINES:])

    def _detail(self, note: Note | None) -> str:
        """What Ray told about the end of the worker, without its advice."""
        if note is None:
            return ""
        deadline = time.monotonic() + 0.3
        while True:
            for text in reversed(self._told):
                if f"Worker PID: {note.pid} " in text and note.node in text:
                    found = re.search(r"Worker exit detail: (.*?)(?: Some common causes.*)?$", text, re.DOTALL)
                    return found[1].strip().rstrip(".") if found else ""
            if time.monotonic() >= deadline:
                return ""
            time.sleep(0.02)

    def _overdue(self) -> list[Finished]:
        """End trials that run over their time; look for notes of those that have begun."""
        now = time.monotonic()
        if now - self._counted >= _COUNT_EVERY_S:
            self._count()
        if now - self._looked >= _LOOK_EVERY_S and self._running:
            self._looked = now
            self._look(now)
        found = []
        for reference, running in list(self._running.items()):
            if running.deadline is None or now < running.deadline:
                continue
            self._end(reference)
            text = f"ended after its limit of {running.limit_s:g} s"
            if running.note is not None and running.note.warming:
                text = f"ended after {running.limit_s + _WARM_S:g} s, before it had warmed up"
            host = running.note.host if running.note is not None else ""
            record = failed_record(
                running.trial,
                "timeout",
                text,
                attempt=running.attempt,
                wall_s=running.limit_s,
                host=host,
                backend="ray",
            )
            found.append(Finished(running.trial.key, running.attempt, record))
        return found

    def _look(self, now: float) -> None:
        waiting = {
            running.name: running for running in self._running.values() if running.note is None or running.note.warming
        }
        for notes in {id(running.notes): running.notes for running in waiting.values()}.values():
            for name in notes.names():
                running = waiting.get(name)
                if running is None or running.notes is not notes or (note := notes.get(name)) is None:
                    continue
                if running.note != note:
                    running.deadline = now + running.limit_s + (_WARM_S if note.warming else 0)
                running.note = note
        used = {id(running.notes) for running in self._running.values()}
        for run, notes in list(self._notes.items())[:-1]:
            if id(notes) not in used:
                notes.clear()
                del self._notes[run]

    def _count(self) -> None:
        """Count the nodes; clusters grow and shrink."""
        import ray

        self._counted = time.monotonic()
        try:
            self._nodes = [node for node in ray.nodes() if node["Alive"]]
        except Exception as error:
            raise ClusterLostError.of(f"the connection to Ray broke: {error}") from error
        if self._local is None:
            self.slots = int(sum(node["Resources"].get("CPU", 0) for node in self._nodes))

    def _check_alive(self) -> None:
        gone = self._local.missing_process() if self._local is not None else ""
        if gone:
            raise ClusterLostError.of(f"Ray has died: its process {gone} is gone")


def _need_client() -> None:
    from importlib.util import find_spec

    if find_spec("grpc") is None:
        raise MissingExtraError(
            "ray:// addresses need the client of Ray",
            where="--address",
            remedy="pip install 'sched-research[cluster]', or submit a job:  --address http://HEAD:8265",
        )


def _in_short(error: Exception) -> str:
    """The first line of what Ray says, and the last, where the cause often stands."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0] if len(lines) == 1 else f"{lines[0]} {lines[-1]}"[:400]


def _node_text(resources: Mapping[str, float]) -> str:
    text = f"{resources.get('CPU', 0):g} processors, {resources.get('memory', 0) / _MB:.0f} MiB"
    return text + (f", {resources['GPU']:g} GPUs" if resources.get("GPU") else "")


def _listen(told: deque[str]) -> Callable[[], None]:
    """Take what Ray tells about dead workers, which it would print on stdout; returns how to undo it.

    There is no public way to get or to silence these messages; without this module's names they are printed.
    """
    from ray._private import worker

    old = getattr(worker, "print_to_stdstream", None)
    if old is None:
        return lambda: None

    def keep(data: Mapping[str, Any], *rest: Any, **more: Any) -> None:
        told.extend(str(line) for line in data.get("lines", ()))

    worker.print_to_stdstream = keep

    def undo() -> None:
        worker.print_to_stdstream = old

    return undo


def is_address(text: str) -> bool:
    """Whether ``text`` has the form of an address that this backend or a job takes."""
    return text in ("auto", "local") or re.fullmatch(r"(ray|https?)://[^\s/]+/?|[\w.-]+:\d+", text) is not None


def address_from_environment() -> str | None:
    """``RAY_ADDRESS``, by which Ray's own tools find a cluster."""
    return os.environ.get("RAY_ADDRESS") or None

"""Where completions run: in this process, in local processes, or on Ray."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence

from jssp._arrays import IntArray
from jssp.learn.paper.oracle import Completion, complete
from jssp.learn.paper.samples import Completer
from schedcore.errors import unknown_name

BACKENDS = ("inline", "process", "ray")


def _guarded(task: Completion) -> IntArray | None:
    """An episode whose solve fails contributes no samples; it must not end the run."""
    try:
        return complete(task)
    except (ArithmeticError, RuntimeError, ValueError) as error:
        print(f"completion of {task.instance.name} failed: {error}", flush=True)
        return None


@contextlib.contextmanager
def completer(backend: str, workers: int, told: Callable[[int, int], None] | None = None) -> Iterator[Completer]:
    """A function that solves completions on ``backend`` with up to ``workers`` at a time, in order.

    ``told(done, total)`` is called as results come in.

    Raises
    ------
    UnknownNameError
        There is no such backend.
    """
    tell = told or (lambda done, total: None)
    if backend == "inline":

        def inline(tasks: Sequence[Completion]) -> list[IntArray | None]:
            found = []
            for task in tasks:
                found.append(_guarded(task))
                tell(len(found), len(tasks))
            return found

        yield inline
    elif backend == "process":
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:

            def pooled(tasks: Sequence[Completion]) -> list[IntArray | None]:
                found: list[IntArray | None] = []
                for result in pool.map(_guarded, tasks):
                    found.append(result)
                    tell(len(found), len(tasks))
                return found

            yield pooled
    elif backend == "ray":
        import ray

        began = not ray.is_initialized()
        if began:
            os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
            ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, configure_logging=False)
        remote = ray.remote(num_cpus=1)(_guarded)

        def shipped(tasks: Sequence[Completion]) -> list[IntArray | None]:
            found: list[IntArray | None] = []
            for reference in [remote.remote(task) for task in tasks]:
                found.append(ray.get(reference))
                tell(len(found), len(tasks))
            return found

        try:
            yield shipped
        finally:
            if began:
                ray.shutdown()
    else:
        raise unknown_name("backend", backend, BACKENDS, where="--backend")

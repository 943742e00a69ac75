"""Decisions over the constraint model: the environment for everything that the model can say.

It means the same as :class:`jssp.env.batch.BatchJobShopEnv` on job shops, step by step, and covers release dates,
chains of any length, jobs that come back to a machine, flexible job shops, and activities in a general graph on
cumulative resources.

Beyond job shops: an operation's earliest start is the smallest over its modes, and an action starts it in the shortest
mode among those that can start first.  In a general graph every activity is a job of one operation, whose tokens are
the activity and its four direct successors of longest tail.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jssp.env.batch import as_mode
from jssp.env.cp_model import CpModel
from jssp.env.cp_reading import Reading, read_problem
from jssp.env.modes import ActionMode
from jssp.env.observation import WINDOW, Arrays, ObservationForm
from schedcore.errors import InputError
from schedcore.model import Problem, Schedule

REAL, START, END = 0, 1, 2


class CpEnv:
    """One episode schedules one problem.

    Parameters
    ----------
    problem
        Any problem of unary and renewable resources, precedences, releases and modes.
    mode, form
        As for :class:`jssp.env.batch.BatchJobShopEnv`.

    Raises
    ------
    UnsupportedFeatureError
        The problem uses other features; they are named.
    """

    def __init__(
        self, problem: Problem, *, mode: ActionMode | str = ActionMode.NO_OP, form: ObservationForm | None = None
    ) -> None:
        self.problem = problem
        self.mode = as_mode(mode)
        self.form = form or ObservationForm()
        self.reading: Reading = read_problem(problem, name="the decision environment")
        durations = [way.duration for ways in self.reading.structure.modes for way in ways]
        self._mean = float(np.mean(durations)) if durations else 0.0
        self._std = (float(np.std(durations)) if durations else 0.0) + 1e-8
        tails = self.reading.structure.tails()
        self._successors = [
            sorted(row, key=lambda b: (-tails[b], b))[: WINDOW - 1] for row in self.reading.structure.after
        ]
        self._initial = CpModel(self.reading.structure)
        self.reset()

    @property
    def num_jobs(self) -> int:
        return len(self.reading.jobs)

    def reset(self) -> None:
        """Begin the episode."""
        self.model = self._initial.clone()
        self.upcoming = [0] * self.num_jobs

    def clone(self) -> CpEnv:
        """An independent copy in the same state."""
        other = CpEnv.__new__(CpEnv)
        other.__dict__.update(self.__dict__)
        other.model = self.model.clone()
        other.upcoming = list(self.upcoming)
        return other

    # ---- state -----------------------------------------------------------------------------------

    def next_task(self, job: int) -> int | None:
        """The next task of a job if its predecessors are fixed; ``None`` if it is finished or waits for them."""
        chain = self.reading.jobs[job]
        if self.upcoming[job] == len(chain):
            return None
        task = chain[self.upcoming[job]]
        return task if self.model.eligible(task) else None

    def ready(self) -> dict[int, int]:
        """Earliest start of the next task of each job that has one, by job."""
        return {
            job: self.model.lower(task) for job in range(self.num_jobs) if (task := self.next_task(job)) is not None
        }

    @property
    def done(self) -> bool:
        return all(count == len(chain) for count, chain in zip(self.upcoming, self.reading.jobs))

    def now(self) -> int | None:
        """Current time in ticks; ``None`` at the end."""
        return min(self.ready().values(), default=None)

    def choices(self) -> dict[int, int]:
        """Legal jobs with the mode (of the model) that starting them takes."""
        ready = self.ready()
        if not ready:
            return {}
        model = self.model
        tasks = {job: self.next_task(job) for job in ready}
        if self.mode is not ActionMode.ACTIVE:
            now = min(ready.values())
            return {job: model.first_mode(tasks[job]) for job, time in ready.items() if time == now}  # type: ignore[arg-type]
        return self._conflict_set({job: task for job, task in tasks.items() if task is not None})

    def _conflict_set(self, tasks: dict[int, int]) -> dict[int, int]:
        modes, model = self.reading.structure.modes, self.model
        completion, best, way = min(
            (model.lower_in(task, k) + mode.duration, job, k)
            for job, task in tasks.items()
            for k, mode in enumerate(modes[task])
        )
        contested = {resource for resource, _ in modes[tasks[best]][way].demands}
        chosen = {best: way}
        for job, task in tasks.items():
            rivals = [
                (model.lower_in(task, k) + mode.duration, k)
                for k, mode in enumerate(modes[task])
                if model.lower_in(task, k) < completion and contested & {resource for resource, _ in mode.demands}
            ]
            if rivals and job != best:
                chosen[job] = min(rivals)[1]
        return dict(sorted(chosen.items()))

    def action_mask(self) -> npt.NDArray[np.bool_]:
        """Legal actions, shape [jobs + 1]; the No-Op is last."""
        mask = np.zeros(self.num_jobs + 1, dtype=bool)
        mask[list(self.choices())] = True
        mask[-1] = self.mode is ActionMode.NO_OP and len(set(self.ready().values())) > 1
        return mask

    # ---- steps -----------------------------------------------------------------------------------

    def step(self, ranking: Sequence[int] | int) -> list[int]:
        """Carry out a ranking of actions (or one action) until time moves; the executed ones, in order.

        Raises
        ------
        InputError
            An action does not exist.
        """
        actions = [ranking] if isinstance(ranking, int | np.integer) else [int(a) for a in ranking]
        for action in actions:
            if not 0 <= action <= self.num_jobs:
                raise InputError(f"action {action}", where="step", remedy=f"actions are 0 ... {self.num_jobs}")
        executed: list[int] = []
        began = self.now()
        for action in actions:
            if action == self.num_jobs:
                if not self._postpone():
                    continue
            else:
                choices = self.choices()
                if action not in choices or self.now() != began:
                    continue
                self._start(action, choices[action])
            executed.append(action)
            if self.mode is ActionMode.ACTIVE or self.now() != began:
                break
        return executed

    def _start(self, job: int, mode: int) -> None:
        task = self.reading.jobs[job][self.upcoming[job]]
        self.model.fix(task, self.model.lower_in(task, mode), mode)
        self.upcoming[job] += 1

    def _postpone(self) -> bool:
        ready = self.ready()
        times = sorted(set(ready.values()))
        if self.mode is not ActionMode.NO_OP or len(times) < 2:
            return False
        for job, time in ready.items():
            if time == times[0]:
                self.model.postpone(self.reading.jobs[job][self.upcoming[job]], times[1])
        self.model.propagate()
        return True

    def run_random(self, seed: int) -> Schedule:
        """A whole episode of random rankings of the legal actions; its schedule."""
        rng = np.random.default_rng(seed)
        self.reset()
        while not self.done:
            self.step(rng.permutation(np.flatnonzero(self.action_mask())).tolist())
        return self.schedule()

    def schedule(self) -> Schedule:
        """The schedule of a complete episode, with the modes of the problem.

        Raises
        ------
        InputError
            The episode is not complete.
        """
        if not self.done:
            raise InputError("the episode is not complete", where="schedule", remedy="step until done")
        ids = self.reading.mode_ids
        rows = []
        for task, ways in enumerate(self.reading.structure.modes):
            mode = self.model.mode[task]
            start = self.model.lower(task)
            rows.append((task, ids[task][mode], start, start + ways[mode].duration))
        return Schedule(rows)

    @property
    def makespan(self) -> int:
        """Largest end of what is fixed, in ticks."""
        model = self.model
        return max((model.earliest_end(i) for i in range(len(model.mode)) if model.is_fixed(i)), default=0)

    # ---- observation -----------------------------------------------------------------------------

    def observe(self) -> Arrays:
        """The observation of :mod:`jssp.env.observation`, without a leading axis."""
        n = self.num_jobs
        values = np.zeros((n, WINDOW, 4))
        kinds = np.full((n, WINDOW), END, dtype=np.int8)
        ignored = np.ones((n, WINDOW), dtype=bool)
        index = np.zeros((n, WINDOW), dtype=np.int64)
        for job in range(n):
            for w, (kind, task, place) in enumerate(self._window(job)):
                kinds[job, w], ignored[job, w] = kind, False
                if kind == REAL:
                    fixed = self.model.is_fixed(task)
                    mode = self.model.first_mode(task)
                    duration = self.reading.structure.modes[task][mode].duration
                    upcoming = not fixed and task == self.reading.jobs[job][self.upcoming[job]]
                    values[job, w] = (fixed, self.model.lower(task), duration, upcoming)
                    index[job, w] = place
        if self.form.legacy:
            shift = 1 if any(count == 0 for count in self.upcoming) else 0
            index[kinds == REAL] += shift
        return {
            "interval_rep": self._scaled(values, kinds),
            "start_end_tokens": kinds,
            "index_interval": index,
            "attention_interval_mask": ignored,
            "action_mask": self.action_mask(),
            "job_resource_mask": self._rivals(),
        }

    def _window(self, job: int) -> list[tuple[int, int, int]]:
        """The attended tokens of a job: kind, task, position index."""
        chain, count = self.reading.jobs[job], self.upcoming[job]
        if not self.reading.chains:
            task = chain[0]
            row = [(REAL, task, 0)]
            if count == 0:
                row += [(REAL, b, w + 1) for w, b in enumerate(self._successors[task])]
        else:
            absolute = self.form.legacy or self.form.positions == "absolute"
            row = [(START, -1, 0)] if count == 0 else []
            row += [
                (REAL, chain[i], i if absolute else i - count)
                for i in range(max(count - 1, 0), min(count - 1 + WINDOW, len(chain)))
            ]
        return row if len(row) == WINDOW else [*row, (END, -1, 0)]

    def _scaled(self, values: npt.NDArray[np.float64], kinds: npt.NDArray[np.int8]) -> npt.NDArray[np.float32]:
        real = kinds == REAL
        bounds = values[:, 1, :].ravel() if self.form.legacy else values[..., 1][real]
        centre, spread = (float(bounds.mean()), float(bounds.std())) if bounds.size else (0.0, 0.0)
        out = values.copy()
        out[..., 1] = np.where(real, (values[..., 1] - centre) / (spread + 1e-8), 0.0)
        out[..., 2] = np.where(real, (values[..., 2] - self._mean) / self._std, 0.0)
        return out.astype(np.float32)

    def _rivals(self) -> npt.NDArray[np.bool_]:
        """Which jobs cannot both start now."""
        n = self.num_jobs
        mask = np.eye(n + 1, dtype=bool)
        chosen = self.choices()
        modes, model, capacities = self.reading.structure.modes, self.model, self.reading.structure.capacities
        needs: dict[int, dict[int, int]] = {}
        for job, mode in chosen.items():
            task = self.reading.jobs[job][self.upcoming[job]]
            needs[job] = dict(modes[task][mode].demands)
        now = self.now()
        for i, first in needs.items():
            for j, second in needs.items():
                if i < j:
                    for resource in first.keys() & second.keys():
                        spare = capacities[resource] - (0 if now is None else model.usage(resource, now))
                        if first[resource] + second[resource] > spare:
                            mask[i, j] = mask[j, i] = True
        return mask

"""Dispatching by a priority rule: whatever can start does, the task with the smallest key first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schedcore.errors import unknown_name
from schedcore.executor.decision import Decision, Start, WaitEvent
from schedcore.executor.state import Candidate, State
from schedcore.executor.ties import order_arcs, start_weights, ties_of
from schedcore.model import ALL_FEATURES, Problem
from schedcore.model.arrays import NO_DEADLINE
from schedcore.policies.facts import RuleFacts, facts_of
from schedcore.policies.optional import OptionalChoice, chosen_optional
from schedcore.policies.rules import ALIASES, CP, EDD, FIFO, LPT, RANDOM, RULES, SPT, Rule, rule_key

EXECUTABLE = ALL_FEATURES - {"cyclic", "variable_period"}
"""What the executor carries out."""


class PriorityPolicy:
    """A non-delay schedule by a priority rule.

    At every tick the task with the smallest key (ties: lowest id) among those that may start is
    started, in the mode that ends first (ties: lowest mode id); then the next, until nothing may
    start any more.  Tasks that an ordering minimum lag puts after an unstarted one wait for it.

    Parameters
    ----------
    rule
        Name of a rule (see :mod:`schedcore.policies.rules`), or the rule.
    optional
        Which optional tasks to try.
    """

    def __init__(self, rule: str | Rule = "spt", *, optional: OptionalChoice = "rewarded") -> None:
        self.rule = rule if isinstance(rule, Rule) else find_rule(rule)
        self.name = self.rule.name
        self.features = EXECUTABLE
        self.optional = optional if isinstance(optional, str) else tuple(optional)
        self._facts: RuleFacts | None = None
        self._columns: tuple[list[int], ...] | None = None
        self._keys: list[float] | None = None

    def reset(self, problem: Problem, seed: int) -> None:
        """Begin a run; the facts that the rule needs are computed when they are first asked for."""
        self._problem, self._seed = problem, seed
        self._tried = chosen_optional(problem, self.optional)
        self._has_optional = bool(problem.arrays.optional.any())
        self._keys = self._columns = self._facts = None
        self._durations: list[list[int]] | None = None

    @property
    def facts(self) -> RuleFacts:
        """What the rule knows about the problem of this run."""
        if self._facts is None:
            self._facts = facts_of(self._problem)
        return self._facts

    def static_keys(self) -> NDArray[np.float64]:
        """Keys of all tasks, for rules that do not change with time."""
        return static_keys(self._problem, self.rule, self._seed)

    def _prepare(self) -> None:
        """Lists for decisions one by one."""
        self._durations = [[m.duration for m in t.modes] for t in self._problem.tasks]
        ties = ties_of(self._problem)
        ordering = order_arcs(ties)
        # Lags that the executor itself waits for leave nothing to be patient about.
        waited_for = (ties.lag_b_edge == 0) & (start_weights(ties) >= 0)
        self._patient = self._has_optional or bool((ordering & ~waited_for).any())
        if self.rule.dynamic or self.rule.name == "fifo":
            self._columns = tuple(c.tolist() for c in self.facts.columns(followers=self.rule.followers))
        else:
            self._keys = self.static_keys().tolist()

    def key(self, state: State, task: int) -> float:
        """The key of ``task`` now; the smallest goes first."""
        if self._keys is not None:
            return self._keys[task]
        if self._columns is None:
            self._prepare()
            return self.key(state, task)
        p, tail, work, operations, due, deadline, weight = (c[task] for c in self._columns)
        return rule_key(
            self.rule.code,
            state.now,
            state.available_since(task),
            p,
            tail,
            work,
            operations,
            due,
            deadline,
            weight,
            self.facts.mean,
            0.0,
            NO_DEADLINE,
        )

    def decide(self, state: State) -> Decision:
        """Start the best candidate, or wait."""
        if self._durations is None:
            self._prepare()
        assert self._durations is not None
        best: tuple[float, int, int, int] | None = None
        for task, mode in self.choices(state):
            rank = (self.key(state, task), task, self._durations[task][mode], mode)
            if best is None or rank < best:
                best = rank
        return WaitEvent() if best is None else Start((best[1], best[3]))

    def choices(self, state: State) -> list[Candidate]:
        """The candidates that the policy would start: optional ones only if tried, followers after leaders."""
        if self._durations is None:
            self._prepare()
        if not self._patient:
            return list(state.candidates)
        found = [c for c in state.candidates if self._wanted(state, c.task)]
        allowed = [c for c in found if not any(self._wanted(state, a) for a in state.open_predecessors(c.task))]
        if not allowed and found and state.next_event is None:
            # Only what may be left out stands in the way, and nothing will change that: go on without it.
            allowed = [c for c in found if not any(state.is_required(a) for a in state.open_predecessors(c.task))]
        return allowed

    def _wanted(self, state: State, task: int) -> bool:
        return not self._has_optional or task in self._tried or state.is_required(task)


def find_rule(name: str) -> Rule:
    """The rule called ``name``; raises ``UnknownNameError`` with near misses."""
    key = name.lower()
    key = ALIASES.get(key, key)
    if key not in RULES:
        raise unknown_name("rule", name, [*RULES, *ALIASES], where="rule")
    return RULES[key]


def static_keys(problem: Problem, rule: Rule, seed: int = 0) -> NDArray[np.float64]:
    """One key per task at its earliest start by releases and ordering lags, for list schedulers."""
    if rule.code in (SPT, LPT):  # the facts that follow from the network are not needed
        least = ties_of(problem).duration_least.astype(np.float64)
        return least if rule.code == SPT else -least
    if rule.code == RANDOM:
        return np.array(draws_of(problem, seed), dtype=np.float64)
    facts = facts_of(problem)
    if rule.code in (FIFO, CP, EDD):  # one column as it stands
        column = {FIFO: facts.head, CP: -facts.tail, EDD: facts.due}[rule.code]
        return column.astype(np.float64)
    draws = draws_of(problem, seed)
    columns = zip(
        *(c.tolist() for c in facts.columns(followers=rule.followers)), facts.head.tolist(), draws, strict=True
    )
    return np.array(
        [
            rule_key(rule.code, h, h, p, tail, work, ops, due, deadline, weight, facts.mean, draw, NO_DEADLINE)
            for p, tail, work, ops, due, deadline, weight, h, draw in columns
        ],
        dtype=np.float64,
    )


def draws_of(problem: Problem, seed: int) -> list[float]:
    """One uniform random number per task for the rule ``random``."""
    return np.random.default_rng([seed, RANDOM]).random(len(problem.tasks)).tolist()

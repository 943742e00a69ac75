"""What methods solve before their first trial has to reach the parts that a trial needs."""

from __future__ import annotations

import pytest

from schedcore.experiments import warm_up
from schedcore.experiments.trial import Trial, load_instance
from schedcore.experiments.warm_up import is_warm, small_job_shop, warm_worker
from schedcore.solvers import get_solver
from schedcore.solvers.protocol import Limits


def trial(instance: str) -> Trial:
    return Trial("k", "g", "jssp", instance, "spt", "spt", 0, 1.0, 1)


def test_list_scheduling_does_not_end_with_the_optimum() -> None:
    """A first schedule that is proven optimal would keep a search from beginning, so that its kernels stay unloaded."""
    shop = small_job_shop()
    first = get_solver("sgs").solve(shop, limits=Limits(time_limit_s=0.1))
    best = get_solver("cpsat").solve(shop, limits=Limits(time_limit_s=120))
    assert (str(best.status), best.objective) == ("OPTIMAL", (109,))
    assert first.objective > best.objective
    assert first.bound is not None
    assert first.bound < first.objective[0]


def test_every_job_visits_every_machine_once() -> None:
    shop = small_job_shop()
    for j in range(8):
        used = [task.modes[0].demands[0].resource for task in shop.tasks if task.name.startswith(f"j{j}.")]
        assert sorted(used) == [0, 1, 2, 3, 4]


def test_once_for_each_kind_of_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_up, "_warmed", set())
    shop, project = load_instance("jssp", "ft06"), load_instance("jssp", "progen:6x2:1")
    warm_worker(trial("ft06"), shop)
    assert is_warm(trial("la01"), load_instance("jssp", "la01"))
    assert not is_warm(trial("progen:6x2:1"), project)
    warm_worker(trial("progen:6x2:1"), project)
    assert is_warm(trial("progen:6x2:1"), project)

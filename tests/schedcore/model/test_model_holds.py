"""Which elastic tasks are holds."""

from __future__ import annotations

from schedcore.model import Edge, Hold, Mode, Problem, ProblemBuilder, Task, TimeLag, find_holds

T, U = Task("t", (Mode(2),)), Task("u", (Mode(2),))
ELASTIC = Task("kept", (Mode(0, duration_max=50),))


def test_a_qubit_kept_from_a_start_to_an_end() -> None:
    b = ProblemBuilder()
    link, swap = b.task("link", 3), b.task("swap", 1)
    qubits = b.renewable("qubits", 2)
    kept = b.hold("kept", link.start, swap.end, on=qubits)
    problem = b.build()
    assert find_holds(problem) == (Hold(kept.id, (link.id, Edge.START), (swap.id, Edge.END), (0, 1)),)
    assert problem.features() == {"renewable", "hold"}


def test_a_tie_may_be_stated_in_either_direction() -> None:
    problem = Problem(tasks=(T, U, ELASTIC), lags=(TimeLag(2, 0, 0, 0, Edge.START, Edge.END), TimeLag(2, 1, 0, 0)))
    assert find_holds(problem) == (Hold(2, (0, Edge.END), (1, Edge.START), (0, 1)),)


def test_the_first_ties_count_and_the_others_stay_maximum_lags() -> None:
    lags = (TimeLag(0, 2, 0, 0), TimeLag(2, 1, 0, 0), TimeLag(0, 2, 0, 0, Edge.START, Edge.END))
    problem = Problem(tasks=(T, U, ELASTIC), lags=lags)
    assert find_holds(problem)[0].lags == (0, 1)
    assert problem.features() == {"hold", "max_lag", "min_lag"}


def test_what_is_no_hold() -> None:
    ties = (TimeLag(0, 2, 0, 0), TimeLag(2, 1, 0, 0))
    assert find_holds(Problem(tasks=(T, U, ELASTIC), lags=ties)) != ()
    assert find_holds(Problem(tasks=(T, U, Task("fixed", (Mode(3),))), lags=ties)) == ()
    two_modes = Task("two", (Mode(0, duration_max=9), Mode(3)))
    assert find_holds(Problem(tasks=(T, U, two_modes), lags=ties)) == ()
    assert find_holds(Problem(tasks=(T, U, ELASTIC), lags=ties[:1])) == ()
    loose = (ties[0], TimeLag(2, 1, 0, 1))
    assert find_holds(Problem(tasks=(T, U, ELASTIC), lags=loose)) == ()


def test_a_hold_may_be_tied_to_an_elastic_task_with_a_decision_of_its_own() -> None:
    """A stand is occupied exactly while an aircraft charges, and how long it charges is a decision."""
    charge = Task("charge", (Mode(1, duration_max=9),))
    lags = (TimeLag(0, 1, 0, 0, Edge.START, Edge.START), TimeLag(0, 1, 0, 0, Edge.END, Edge.END), TimeLag(2, 0))
    problem = Problem(tasks=(charge, Task("stand", (Mode(0, duration_max=50),)), T), lags=lags)
    # Both are elastic and tied to one another at both edges: neither is a hold.
    assert find_holds(problem) == ()
    # Once the charging begins where a flight ends and the stand is tied to that flight too, the stand is one.
    lags = (TimeLag(0, 1, 0, 0, Edge.END, Edge.END), TimeLag(2, 1, 0, 0), TimeLag(2, 0))
    assert find_holds(problem.replace(lags=lags)) == (Hold(1, (2, Edge.END), (0, Edge.END), (1, 0)),)


def test_two_elastic_tasks_that_meet_are_no_holds() -> None:
    """Where the first hands over to the second is a decision."""
    tasks = (T, ELASTIC, Task("kept2", (Mode(0, duration_max=50),)), U)
    lags = (TimeLag(0, 1, 0, 0), TimeLag(1, 2, 0, 0), TimeLag(2, 3, 0, 0))
    problem = Problem(tasks=tasks, lags=lags)
    assert find_holds(problem) == ()
    assert "elastic" in problem.features()

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jssp import ProjectInstance
from jssp.generators import ProGenParameters, network_complexity, progen, resource_factor
from jssp.generators.progen import peak_use
from schedcore.errors import InputError


def test_measures_of_a_hand_worked_project() -> None:
    # 0 -> 2, 1 -> 2, 1 -> 3; dummy arcs: start to 0, 1; 2, 3 to the end: 7 arcs, 6 nodes
    project = ProjectInstance("p", [2, 3, 1, 1], [[2], [2, 3], [], []], [[1], [2], [0], [2]], [9])
    assert network_complexity(project) == pytest.approx(7 / 6)
    assert resource_factor(project) == 0.75
    # earliest starts 0, 0, 3, 3: use 3 on [0, 2), 2 on [2, 3), 2 on [3, 4)
    assert peak_use(project).tolist() == [3]


def reachable(project: ProjectInstance, without: tuple[int, int]) -> bool:
    first, goal = without
    stack, seen = [first], {first}
    while stack:
        node = stack.pop()
        for other in project.successors(node):
            if (node, other) != without and other not in seen:
                seen.add(other)
                stack.append(other)
    return goal in seen


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([1.5, 1.8, 2.1]),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    st.sampled_from([0.0, 0.2, 0.7, 1.0]),
)
def test_projects_have_the_asked_difficulty(seed: int, complexity: float, factor: float, strength: float) -> None:
    p = ProGenParameters(network_complexity=complexity, resource_factor=factor, resource_strength=strength)
    project = progen(p, seed)
    assert project.num_activities == 30
    assert abs(network_complexity(project) - complexity) <= 0.5 / 32
    assert abs(resource_factor(project) - factor) <= 0.5 / 120
    least, greatest = project.demands.max(axis=0), peak_use(project)
    assert np.abs(project.capacities - (least + strength * (greatest - least))).max() <= 0.5
    assert project.durations.min() >= 1
    assert project.durations.max() <= 10
    assert np.diff(project.succ_offsets).max() <= 3
    assert np.bincount(project.succ).max() <= 3
    assert not any(reachable(project, arc) for arc in project.arcs)  # no redundant arc
    without_predecessor = set(range(30)) - set(project.succ.tolist())
    assert without_predecessor == {0, 1, 2}
    assert [a for a in range(30) if not project.successors(a)] == [27, 28, 29]


def test_strength_one_leaves_the_critical_path_free() -> None:
    project = progen(ProGenParameters(resource_strength=1.0), 4)
    assert (peak_use(project) <= project.capacities).all()


def test_an_impossible_complexity_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"no network of complexity 9.0 with 12 activities .*the nearest was \d"):
        progen(ProGenParameters(activities=12, network_complexity=9.0), 1)
    with pytest.raises(InputError, match=r"no network of complexity 0\.2"):
        progen(ProGenParameters(activities=12, network_complexity=0.2), 1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"activities": 0}, "ProGenParameters.activities"),
        ({"activities": 5}, "use at most half of the activities"),
        ({"resource_factor": 1.5}, "resource_factor: 1.5"),
        ({"resource_strength": float("nan")}, "resource_strength: nan"),
        ({"network_complexity": 0.0}, "network_complexity: 0.0"),
        ({"min_duration": 5, "max_duration": 4}, "5 ... 4 is not a range"),
        ({"min_demand": 0}, "ProGenParameters.min_demand"),
        ({"min_demand": 3, "max_demand": 2}, "3 ... 2 is not a range"),
    ],
)
def test_bad_parameters_are_refused(values: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ProGenParameters(**values)  # type: ignore[arg-type]

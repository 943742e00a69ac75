import pytest

from jssp import ProjectInstance
from schedcore.errors import ModelError


def small() -> ProjectInstance:
    return ProjectInstance("small", [3, 2, 4], [[2], [2], []], [[1, 0], [2, 1], [1, 1]], [2, 1])


def test_earliest_starts_and_bound() -> None:
    project = small()
    assert project.earliest_starts.tolist() == [0, 0, 3]
    assert project.arcs == ((0, 2), (1, 2))
    assert project.order == (0, 1, 2)
    # path 3 + 4 = 7; resource 0: (3 + 4 + 4) / 2 = 5.5 -> 6; resource 1: 2 + 4 = 6
    assert project.lower_bound() == 7
    assert project == small()
    assert hash(project) == hash(small())
    assert repr(project) == "ProjectInstance('small', activities=3, resources=2)"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (([], [], [], [1]), "no activities"),
        (([1], [[], []], [[1]], [1]), "1 durations, 2 rows of successors, 1 rows of demands"),
        (([1], [[]], [[1, 1]], [1]), "activity 0: 2 demands for 1 resources"),
        (([1], [[]], [[3]], [2]), "demand 3 is outside 0 ... 2"),
        (([1], [[]], [[-1]], [2]), "demand -1 is outside"),
        (([-1], [[]], [[1]], [2]), "duration -1 is negative"),
        (([1], [[1]], [[1]], [2]), "successor 1 is outside 0 ... 0"),
        (([1, 1], [[1, 1], []], [[1], [1]], [2]), "a successor occurs twice"),
        (([1, 1, 1], [[1], [0], []], [[1], [1], [1]], [2]), "activities 0, 1 are on or behind a precedence cycle"),
        (([1.0], [[]], [[1]], [2]), "1.0 is not an integer"),
    ],
)
def test_bad_projects_are_refused(args: tuple, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        ProjectInstance("bad", *args)

from jssp import JobShopInstance, ProjectInstance, generate, standard_instance
from jssp.adapter import to_problem
from jssp.content import content_digest, published_digest


def test_names_do_not_count_but_numbers_do() -> None:
    base = JobShopInstance("a", [[0, 1], [1, 0]], [[1, 2], [3, 4]])
    digest = content_digest(to_problem(base))
    assert digest == content_digest(to_problem(JobShopInstance("b", [[0, 1], [1, 0]], [[1, 2], [3, 4]])))
    assert digest != content_digest(to_problem(JobShopInstance("a", [[0, 1], [1, 0]], [[1, 2], [3, 5]])))
    assert digest != content_digest(to_problem(JobShopInstance("a", [[0, 1], [0, 1]], [[1, 2], [3, 4]])))
    assert digest != content_digest(to_problem(JobShopInstance("a", [[0, 1, 1, 0]], [[1, 2, 3, 4]])))
    assert digest != content_digest(to_problem(standard_instance("ft06")))


def test_dummy_activities_do_not_count() -> None:
    plain = ProjectInstance("p", [3, 2], [[1], []], [[1], [2]], [2])
    dummies = ProjectInstance("p", [0, 3, 2, 0], [[1], [2], [3], []], [[0], [1], [2], [0]], [2])
    assert content_digest(to_problem(plain)) == content_digest(to_problem(dummies))
    looser = ProjectInstance("p", [3, 2], [[1], []], [[1], [2]], [3])
    assert content_digest(to_problem(plain)) != content_digest(to_problem(looser))


def test_only_sets_that_are_not_carried_have_a_published_digest() -> None:
    assert published_digest("MK01") == published_digest("mk01") is not None
    assert published_digest("ft06") is None
    assert content_digest(to_problem(generate("brandimarte:4x3:1"))) != published_digest("mk01")

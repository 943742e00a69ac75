import numpy as np
import pytest

from jssp.generators import BrandimarteParameters, brandimarte
from schedcore.errors import InputError


def test_draws_stay_within_their_limits_and_reach_them() -> None:
    p = BrandimarteParameters(60, 8, 3, 6, 4, 5, 9)
    shop = brandimarte(p, 1)
    assert (shop.num_jobs, shop.num_machines) == (60, 8)
    lengths = np.diff(shop.job_offsets)
    counts = np.diff(shop.alt_offsets)
    assert set(lengths) == {3, 4, 5, 6}
    assert set(counts) == {1, 2, 3, 4}
    assert set(shop.alt_durations.tolist()) == {5, 6, 7, 8, 9}
    assert set(shop.alt_machines.tolist()) == set(range(8))
    assert shop == brandimarte(p, 1)
    assert shop != brandimarte(p, 2)


def test_jobs_may_share_operation_types() -> None:
    shop = brandimarte(BrandimarteParameters(operation_types=4), 3)
    kinds = {tuple(shop.alternatives(o)) for o in range(shop.num_operations)}
    assert len(kinds) <= 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"jobs": 0}, "BrandimarteParameters.jobs"),
        ({"operation_types": 0}, "BrandimarteParameters.operation_types"),
        ({"min_operations": 4, "max_operations": 3}, "4 ... 3 is not a range"),
        ({"min_duration": -1}, "-1 ... 7 is not a range"),
        ({"max_alternatives": 7}, "7 alternatives but 6 machines"),
    ],
)
def test_bad_parameters_are_refused(values: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        BrandimarteParameters(**values)

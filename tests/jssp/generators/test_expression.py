import pytest

from jssp import FlexibleJobShopInstance, JobShopInstance, ProjectInstance, generate
from jssp.generators import ProGenParameters, new_demirkol, new_taillard, progen, resource_factor
from jssp.generators.expression import GENERATORS, is_expression
from schedcore.errors import InputError, UnknownNameError


def test_expressions_name_generated_instances() -> None:
    assert generate("taillard:6x4:1") == new_taillard(6, 4, 1)
    assert generate("demirkol:6x4:1") == new_demirkol(6, 4, 1)
    assert generate("demirkol_split:6x4:1") == new_demirkol(6, 4, 1, split=True)
    assert generate("progen:30x4:7") == progen(ProGenParameters(), 7)
    tight = generate("progen:30x4:1:resource_factor=1,max_degree=4")
    assert isinstance(tight, ProjectInstance)
    assert resource_factor(tight) == 1.0
    assert isinstance(generate("brandimarte:4x2:1"), FlexibleJobShopInstance)
    assert all(is_expression(f"{name}:8x8:1") and generate(f"{name}:8x8:1").name for name in GENERATORS)
    assert not is_expression("ta01")
    assert isinstance(generate("demirkol:1x1:0"), JobShopInstance)


@pytest.mark.parametrize(
    ("expression", "error", "message"),
    [
        ("tailard:6x4:1", UnknownNameError, "did you mean 'taillard'"),
        ("taillard:6x4", InputError, "not of the form GENERATOR:AxB:SEED .*taillard:20x15:1"),
        ("taillard:6x4:x", InputError, "not of the form"),
        ("taillard:6x4:1:max_degree=3", InputError, "taillard has no parameters"),
        ("taillard:0x4:1", InputError, "jobs: jobs is 0"),
        ("progen:30x4:1:maxdegree=3", UnknownNameError, "did you mean 'max_degree'"),
        ("progen:30x4:1:max_degree", InputError, "'max_degree' is not parameter=value"),
        ("progen:30x4:1:max_degree=3.5", InputError, "max_degree is '3.5' .*use a whole number"),
        ("progen:30x4:1:resource_factor=much", InputError, "resource_factor is 'much' .*use a number"),
        ("progen:30x4:1:activities=3", UnknownNameError, "unknown parameter 'activities'"),
        ("brandimarte:4x2:1:max_alternatives=3", InputError, "3 alternatives but 2 machines"),
        ("brandimarte:4x0:1", InputError, "BrandimarteParameters.machines: machines is 0"),
    ],
)
def test_bad_expressions_are_refused(expression: str, error: type[InputError], message: str) -> None:
    with pytest.raises(error, match=message):
        generate(expression)

"""``sched info uam``: the map and the day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schedcore.domain_verbs import Answer, Request
from schedcore.registry import LoadedInstance
from schedcore.solvers.protocol import SolveResult
from uam.domain import load_scenario, sizes


def info(request: Request) -> Answer:
    """What there is to say of a scenario before anybody plans it; instances without a seed are shown with seed 1."""
    from uam.generate import is_expression

    name = request.instance
    if not name.endswith(".json") and not is_expression(name):
        name = f"{name}:1"
    scenario = load_scenario(name, request.data_dirs, request.options)
    data = sizes(scenario)
    width = max(map(len, data))
    network = scenario.plan.network
    lines = [scenario.name, *(f"  {key:<{width}}  {value}" for key, value in data.items()), "", "  vertiports"]
    for i, vertiport in enumerate(network.vertiports):
        kind = "business" if network.business[i] else ""
        lines.append(
            f"    {i:>2} {vertiport:<16} at {network.x_miles[i]:6.1f}, {network.y_miles[i]:5.1f} miles, "
            f"{network.stands[i]} stands, {network.chargers[i]} chargers {kind}".rstrip()
        )
    return Answer({"scenario": scenario.name, **data}, "\n".join(lines), whole=True)


def describe(loaded: LoadedInstance, result: SolveResult, options: Mapping[str, Any]) -> Answer:
    """The profit of a schedule in dollars, beside that of the day that the problem was made from."""
    if result.schedule is None:
        return Answer()
    tasks = loaded.problem.tasks
    profit = sum(tasks[placement.task].reward for placement in result.schedule) / 1000
    flown = sum(task.reward for task in tasks) / 1000
    flights = sum(1 for placement in result.schedule if tasks[placement.task].name.startswith("flight "))
    data = {"profit": profit, "profit_as_flown": flown, "flights": flights}
    return Answer(data, f"  profit     {profit:,.2f} $ with {flights} flights (as flown: {flown:,.2f} $)")

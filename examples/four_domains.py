"""Four miniature problems, one per domain, stated with the builder and taken through everything.

    python examples/four_domains.py [--out DIR]

Each problem goes through CP-SAT, a list scheduler or policy, the checker, JSON, replay, metrics and
plots, and its optimum is compared with exhaustive search.  The point is that one model carries a GPU
pipeline, a job shop, a day of air taxis and a quantum repeater, with nothing bent for any of them.
"""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

from schedcore.check import check
from schedcore.io import Document, write_document
from schedcore.metrics import evaluate
from schedcore.model import Problem, ProblemBuilder, ShareCurve, TimeUnit, problem_from_dict, problem_to_dict
from schedcore.plot import plot_schedule
from schedcore.replay import LogNormal, Noise, Uncertainty, replay
from schedcore.solvers import Status, solve

FT06 = (  # Fisher and Thompson 1963: (machine, duration) per operation
    ((2, 1), (0, 3), (1, 6), (3, 7), (5, 3), (4, 6)),
    ((1, 8), (2, 5), (4, 10), (5, 10), (0, 10), (3, 4)),
    ((2, 5), (3, 4), (5, 8), (0, 9), (1, 1), (4, 7)),
    ((1, 5), (0, 5), (2, 5), (3, 3), (4, 8), (5, 9)),
    ((2, 9), (1, 3), (4, 5), (5, 4), (0, 3), (3, 1)),
    ((1, 3), (3, 3), (5, 9), (0, 10), (4, 4), (2, 1)),
)


def nano_batch_layer() -> Problem:
    """One transformer layer for two nano-batches, as a cyclic problem with a free period.

    Each nano-batch runs GEMM (compute-bound), attention (memory-bound) and AllReduce (network-bound)
    in this order, and the next layer's GEMM follows its AllReduce.  Operations take a share of the
    streaming multiprocessors; a bound operation loses little speed with a small share, which is why
    overlapping the two nano-batches pays.
    """
    b = ProblemBuilder("nano-batch layer", unit=TimeUnit(Fraction(1, 10_000), "100 us"))
    sm = b.renewable("SM permille", capacity=1000)
    link = b.unary("NVLink")
    compute = ShareCurve(((600, 667), (1000, 1000)))
    memory = ShareCurve(((400, 1000),))
    network = ShareCurve(((200, 1000),))
    for n in range(2):
        job = b.job(f"nano-batch {n}")
        gemm = b.task(f"gemm.{n}", modes=compute.to_modes(2, on=sm.id), job=job, tags=["compute"])
        attention = b.task(f"attention.{n}", modes=memory.to_modes(2, on=sm.id), job=job, tags=["memory"])
        reduce = b.task(
            f"allreduce.{n}",
            modes=[
                b.mode(m.duration, on=link, demands={sm: m.demands[0].amount}) for m in network.to_modes(1, on=sm.id)
            ],
            job=job,
            tags=["network"],
        )
        b.chain(gemm, attention, reduce)
        b.precedence(reduce, gemm, iterations=1)
    b.cycle(3, 10)
    b.horizon(12)
    b.lexicographic({"period": 1}, {"total_completion": 1})
    return b.build()


def job_shop() -> Problem:
    """ft06: six jobs on six machines, optimal makespan 55."""
    b = ProblemBuilder("ft06")
    machines = [b.unary(f"m{k}") for k in range(6)]
    for j, route in enumerate(FT06):
        job = b.job(f"j{j}")
        b.chain(*(b.task(f"j{j}.o{i}", d, on=machines[m], job=job) for i, (m, d) in enumerate(route)))
    b.minimise(makespan=1)
    return b.build()


def air_taxi_day() -> Problem:
    """Three aircraft, three vertiports: positions, stands, chargers, batteries, optional paid flights.

    Aircraft are unary resources whose state is the vertiport where they stand; no transition between
    different vertiports exists, so only flights move them.  A stand is a unit of a reservoir that a
    departure frees and an arrival takes.  Ticks are quarters of an hour.
    """
    b = ProblemBuilder("air-taxi day", unit=TimeUnit(Fraction(900), "15 min"))
    home = ("A", "A", "B")
    nowhere = {(s, t): None for s in "ABC" for t in "ABC" if s != t}
    aircraft = [b.unary(f"aircraft {k}", transition=nowhere, initial_state=at) for k, at in enumerate(home)]
    battery = [b.reservoir(f"battery {k}", initial=charge, minimum=1, maximum=10) for k, charge in enumerate((6, 3, 6))]
    stands = {v: b.reservoir(f"free stands {v}", initial=free, maximum=2) for v, free in (("A", 0), ("B", 1), ("C", 2))}
    charger = b.renewable("charger A", capacity=1)

    def flight(name: str, origin: str, goal: str, release: int, latest: int, reward: int, energy: int) -> None:
        b.task(
            name,
            modes=[
                b.mode(
                    2,
                    on=craft,
                    effects=[
                        b.effect(battery[k], -energy, at="start"),
                        b.effect(stands[origin], +1, at="start"),
                        b.effect(stands[goal], -1, at="end"),
                    ],
                    cost=energy,
                )
                for k, craft in enumerate(aircraft)
            ],
            release=release,
            deadline=latest,
            optional=True,
            reward=reward,
            state_before=origin,
            state_after=goal,
        )

    flight("A-C morning", "A", "C", 0, 3, 20, 4)
    flight("A-B noon", "A", "B", 2, 6, 30, 4)
    flight("B-C noon", "B", "C", 2, 5, 25, 4)
    flight("C-A evening", "C", "A", 4, 8, 30, 4)
    flight("C-A empty", "C", "A", 3, 7, 0, 3)
    b.task(
        "charge at A",
        modes=[
            b.mode(1, duration_max=3, on=craft, demands={charger: 1}, effects=[b.effect(battery[k], +2, per_tick=True)])
            for k, craft in enumerate(aircraft)
        ],
        deadline=5,
        optional=True,
        state="A",
    )
    b.horizon(8)
    b.minimise(reward=-100, total_cost=100, total_completion=1)
    return b.build()


def repeater_protocols() -> Problem:
    """Two periodic demands on a line A - R - B, over their hyperperiod of twelve slots.

    ``end-to-end`` (period 12) generates links A-R and R-B, keeps their qubits, and swaps at R no later
    than two slots after the first link came into being (coherence).  ``short`` (period 6) generates a
    link A-R.  Nodes have two qubits at R and one at A and B.
    """
    b = ProblemBuilder("repeater protocols", unit=TimeUnit(Fraction(1, 100), "slot"))
    a, r, bob = (b.renewable(f"qubits {node}", capacity=count) for node, count in (("A", 1), ("R", 2), ("B", 1)))
    with b.periodic("end-to-end", 12, relative_deadline=12):
        left = b.task("link A-R", 2)
        right = b.task("link R-B", 3)
        swap = b.task("swap R", 1)
        b.lag(left.end, swap.start, min=0, max=2)
        b.lag(right.end, swap.start, min=0, max=2)
        b.hold("A keeps A-R", left.start, swap.end, demands={a: 1}, longest=12)
        b.hold("R keeps A-R", left.start, swap.end, demands={r: 1}, longest=12)
        b.hold("R keeps R-B", right.start, swap.end, demands={r: 1}, longest=12)
        b.hold("B keeps R-B", right.start, swap.end, demands={bob: 1}, longest=12)
    with b.periodic("short", 6, relative_deadline=6, jitter_max=1):
        b.task("link A-R short", 2, demands={a: 1, r: 1})
    b.minimise(total_completion=1)
    return b.build()


MINIATURES = {
    "llmserve": nano_batch_layer,
    "jssp": job_shop,
    "uam": air_taxi_day,
    "qnet": repeater_protocols,
}
"""Domain -> function that builds its miniature."""


SLOWER = Uncertainty(default=Noise(LogNormal(mean=1.2, cv=0.2), relative=True))
"""Every duration is 1.2 times as long on average, with a coefficient of variation of 0.2."""


def main(argv: list[str] | None = None) -> None:
    """Take every miniature through the whole house and print what came out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/four_domains"), help="folder for plots and documents")
    out = parser.parse_args(argv).out
    out.mkdir(parents=True, exist_ok=True)
    print(f"{'domain':<9} {'method':<6} {'objective':<9} {'status':<9} {'planned':>7} {'replayed':>9}  picture")
    for domain, build in MINIATURES.items():
        problem = build()
        if problem_from_dict(problem_to_dict(problem)) != problem:
            raise AssertionError(f"{domain}: JSON does not give the problem back")
        span = "period" if problem.cycle is not None else "makespan"
        for method in ("cpsat", "sgs"):
            result = solve(problem, solver=method, time_limit_s=30 if method == "cpsat" else 2)
            if result.schedule is None:
                print(f"{domain:<9} {method:<6} {result.status}: {result.message}")
                continue
            check(problem, result.schedule).require_ok()
            picture = plot_schedule(problem, result.schedule, out / f"{domain}-{method}.png", kind="overview")
            write_document(Document(problem, result.schedule), out / f"{domain}-{method}.json")
            planned = evaluate(problem, result.schedule, [span])[span]
            replayed = replay(problem, result.schedule, SLOWER, scenarios=100, seed=1)
            mean = replayed.summary("round_ticks" if problem.cycle is not None else "makespan").mean
            proven = result.status if result.status is Status.OPTIMAL else "feasible"
            objective = " ".join(map(str, result.objective))
            print(f"{domain:<9} {method:<6} {objective:<9} {proven:<9} {planned:>7} {mean:>9.2f}  {picture}")


if __name__ == "__main__":
    main()

"""Independent oracles for tests: written without the solvers that they judge."""

from __future__ import annotations

Operation = tuple[int, int]  # machine, duration


def job_shop_optimum(jobs: list[list[Operation]], upper_bound: int) -> int:
    """Optimal makespan of a small job shop by branch and bound over active schedules.

    Branching: Giffler and Thompson 1960, on the conflict set of the operation that would complete
    earliest.  Bound: for every machine, the preemptive one-machine schedule with heads and tails
    (Jackson), which never exceeds the optimum.  ``upper_bound`` must be reachable or beaten.
    """
    machines = 1 + max(m for job in jobs for m, _ in job)
    tails = [[sum(d for _, d in job[i + 1 :]) for i in range(len(job))] for job in jobs]
    best = upper_bound + 1

    def bound(next_op: list[int], job_free: list[int], machine_free: list[int]) -> int:
        heads: list[list[tuple[int, int, int]]] = [[] for _ in range(machines)]
        lowest = max([*job_free, *machine_free])
        for j, job in enumerate(jobs):
            ready = job_free[j]
            for i in range(next_op[j], len(job)):
                machine, duration = job[i]
                ready = max(ready, machine_free[machine])
                heads[machine].append((ready, duration, tails[j][i]))
                ready += duration
        for work in heads:
            lowest = max(lowest, preemptive_one_machine(work))
        return lowest

    def search(next_op: list[int], job_free: list[int], machine_free: list[int]) -> None:
        nonlocal best
        if all(next_op[j] == len(job) for j, job in enumerate(jobs)):
            best = min(best, max(job_free))
            return
        if bound(next_op, job_free, machine_free) >= best:
            return
        open_jobs = [j for j, job in enumerate(jobs) if next_op[j] < len(job)]
        earliest = {j: max(job_free[j], machine_free[jobs[j][next_op[j]][0]]) for j in open_jobs}
        first = min(open_jobs, key=lambda j: earliest[j] + jobs[j][next_op[j]][1])
        machine = jobs[first][next_op[first]][0]
        completion = earliest[first] + jobs[first][next_op[first]][1]
        conflict = [j for j in open_jobs if jobs[j][next_op[j]][0] == machine and earliest[j] < completion]
        for j in sorted(conflict, key=lambda j: -tails[j][next_op[j]]):
            end = earliest[j] + jobs[j][next_op[j]][1]
            search(
                [n + (k == j) for k, n in enumerate(next_op)],
                [end if k == j else f for k, f in enumerate(job_free)],
                [end if k == machine else f for k, f in enumerate(machine_free)],
            )

    search([0] * len(jobs), [0] * len(jobs), [0] * machines)
    return best


def preemptive_one_machine(work: list[tuple[int, int, int]]) -> int:
    """Jackson's preemptive schedule of ``(head, duration, tail)``: the optimal ``max(end + tail)``."""
    pending = sorted(work)
    ready: list[list[int]] = []  # [tail, remaining]
    now, value, i = 0, 0, 0
    while i < len(pending) or ready:
        if not ready:
            now = max(now, pending[i][0])
        while i < len(pending) and pending[i][0] <= now:
            ready.append([pending[i][2], pending[i][1]])
            i += 1
        job = max(ready)
        run = job[1] if i == len(pending) else min(job[1], pending[i][0] - now)
        now += run
        job[1] -= run
        if job[1] == 0:
            ready.remove(job)
            value = max(value, now + job[0])
    return value

"""The slow simulator: the rules of batching, memory and clock stated a second time, request by request.

It shares the parameters (:class:`BatchPolicy`, :class:`KVConfig`, :class:`TransferRates`) with the fast one and nothing
else: no scheduler, no page ids, no forecast arrays.  Every iteration looks at every request, pages are counted from
lengths, and the peak of memory is computed from its definition.  For tests and for small cases; quadratic and worse.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from llmserve.serving.kv import KVConfig
from llmserve.serving.policy import Admission, BatchPolicy, Preemption
from llmserve.simulate.result import SimulationResult
from llmserve.simulate.simulator import check_fits, page_keys
from llmserve.simulate.times import NS_PER_S, IterationColumns, TransferRates, bulk, durations_ns
from llmserve.workload import Workload

WAITING, LOADING, PREFILL, PENDING, DECODE, DRAIN, SWAPPED, DONE = range(8)


@dataclass(eq=False)
class _Job:
    """One request.  ``cached`` and ``emitted`` include iterations under way."""

    id: int
    prompt: int
    output: int
    limit: int | None
    keys: tuple[Hashable, ...]
    order: int
    state: int = WAITING
    target: int = 0
    cached: int = 0
    emitted: int = 0
    reserved_pages: int = 0  # pages held beyond those that cached tokens need
    shared: list[Hashable] = field(default_factory=list)  # leading pages that others may hold, too


@dataclass(eq=False)
class _Iteration:
    number: int
    decode: list[int] = field(default_factory=list)
    context: int = 0
    chunks: list[tuple[_Job, int, int, bool]] = field(default_factory=list)
    swap_out: int = 0
    host_in: int = 0
    disk_in: int = 0
    used: int = 0
    waiting: int = 0
    ends: list[int] = field(default_factory=list)  # requests whose last token it computes
    firsts: list[int] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        return len(self.decode) + sum(length for _, _, length, _ in self.chunks)

    @property
    def empty(self) -> bool:
        return not (self.tokens or self.host_in or self.disk_in)


def simulate_slowly(
    workload: Workload,
    policy: BatchPolicy,
    kv: KVConfig,
    model: object,
    *,
    transfers: TransferRates | None = None,
    cpu_s: float = 0.0,
    lengths_known: bool = False,
    max_iterations: int | None = None,
) -> SimulationResult:
    """What :func:`llmserve.simulate.simulator.simulate` must return; the same parameters."""
    check_fits(workload, policy, kv)
    return _Slow(workload, policy, kv, model, transfers or TransferRates(), cpu_s, lengths_known).run(max_iterations)


class _Slow:
    def __init__(
        self,
        workload: Workload,
        policy: BatchPolicy,
        kv: KVConfig,
        model: object,
        transfers: TransferRates,
        cpu_s: float,
        lengths_known: bool,
    ) -> None:
        self.workload, self.policy, self.kv = workload, policy, kv
        self.model, self.transfers = bulk(model), transfers
        self.cpu_ns = round(cpu_s * NS_PER_S)
        self.lengths_known = lengths_known
        self.jobs: list[_Job] = []  # in the order of arrival
        self.queue: list[_Job] = []  # waiting, first come first served
        self.arrival_ns = np.rint(workload.arrival_s * NS_PER_S).astype(np.int64)
        count = len(workload)
        self.known_arrival = [
            int(self.arrival_ns[i]) if not len(workload.follows) or workload.follows[i] < 0 else None
            for i in range(count)
        ]
        self.delivered = [False] * count
        self.first = [-1] * count
        self.finish = [-1] * count
        self.chain: dict[int, int] = {}
        self.on_gpu: dict[Hashable, int] = {}  # published pages: number of holders
        self.idle: list[Hashable] = []  # published pages without holders, longest idle first
        self.host: list[Hashable] = []  # least recently used first
        self.disk: list[Hashable] = []
        self.swapped_pages = 0
        self.wasted = self.preemptions = self.reused = 0
        self.number = 0
        self.unformed: _Iteration | None = None
        self.preempted_now = False

    # The clock.

    def run(self, max_iterations: int | None) -> SimulationResult:
        rows: list[tuple[int, ...]] = []
        starts: list[int] = []
        durations: list[int] = []
        running: _Iteration | None = None
        now = start = end = 0
        while max_iterations is None or len(rows) < max_iterations:
            at = start if running is not None else now
            self.deliver(at)
            formed = self.form()
            if running is not None:
                self.complete(running, end)
            elif formed is None:
                coming = [t for t, d in zip(self.known_arrival, self.delivered) if t is not None and not d]
                if not coming:
                    break
                now = min(coming)
                continue
            if formed is None:
                now, running = end, None
                continue
            start = at + self.cpu_ns if running is None else max(end, at + self.cpu_ns)
            pairs = sum(length * begin + length * (length + 1) // 2 for _, begin, length, _ in formed.chunks)
            row = (
                len(formed.decode),
                formed.context,
                formed.tokens - len(formed.decode),
                pairs,
                len(formed.decode) + sum(last for _, _, _, last in formed.chunks),
                formed.swap_out,
                formed.host_in,
                formed.disk_in,
            )
            columns = IterationColumns(*(np.array([v], dtype=np.int64) for v in row))
            duration = int(durations_ns(self.model, self.transfers, columns)[0])
            end = start + duration
            rows.append((*row, formed.used, formed.waiting))
            starts.append(start)
            durations.append(duration)
            if self.policy.asynchronous:
                running = formed
            else:
                self.complete(formed, end)
                now = end
        if running is not None:
            self.complete(running, end)
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 10).T
        return SimulationResult(
            workload=self.workload,
            policy=self.policy,
            kv=self.kv,
            columns=IterationColumns(*table[:8]),
            start_ns=np.array(starts, dtype=np.int64),
            duration_ns=np.array(durations, dtype=np.int64),
            pages_used=table[8],
            waiting=table[9],
            first_token_iteration=np.array(self.first, dtype=np.int64),
            finish_iteration=np.array(self.finish, dtype=np.int64),
            arrival_ns=self.arrival_ns,
            wasted_tokens=self.wasted,
            preemptions=self.preemptions,
            reused_tokens=self.reused,
        )

    def deliver(self, until_ns: int) -> None:
        due = [
            (t, i)
            for i, (t, done) in enumerate(zip(self.known_arrival, self.delivered))
            if t is not None and not done and t <= until_ns
        ]
        for _, i in sorted(due):
            self.delivered[i] = True
            output = int(self.workload.output_tokens[i])
            job = _Job(
                i,
                int(self.workload.prompt_tokens[i]),
                output,
                output if self.lengths_known else None,
                page_keys(self.workload, i, self.kv.page_tokens, self.chain),
                len(self.jobs),
            )
            job.target = job.prompt
            self.jobs.append(job)
            self.queue.append(job)

    def complete(self, iteration: _Iteration, end_ns: int) -> None:
        ending = [job for job in self.jobs if job.id in iteration.ends]
        for job in ending:
            i = job.id
            wasted = job.emitted - job.output
            self.wasted += wasted
            job.cached -= wasted
            if job.state == SWAPPED:
                self.swapped_pages -= self.pages(job.cached)
            elif job.state == WAITING:
                self.queue.remove(job)
            self.keep(job)
            self.let_go(job)
            job.state = DONE
            self.finish[i] = iteration.number
            for follower in np.flatnonzero(self.workload.follows == i) if len(self.workload.follows) else ():
                think = float(self.workload.think_s[follower]) if len(self.workload.think_s) else 0.0
                self.arrival_ns[follower] = max(int(self.arrival_ns[follower]), end_ns + round(think * NS_PER_S))
                self.known_arrival[int(follower)] = int(self.arrival_ns[follower])
        for i in iteration.firsts:
            self.first[i] = iteration.number

    # Memory.

    def pages(self, tokens: int) -> int:
        return math.ceil(tokens / self.kv.page_tokens)

    def pages_held(self, job: _Job, tokens: int) -> int:
        return max(self.pages(tokens), job.reserved_pages)

    def used(self) -> int:
        """Pages held: private ones of each job, and shared ones once."""
        private = sum(
            self.pages_held(job, job.cached) - len(job.shared)
            for job in self.jobs
            if job.state in (LOADING, PREFILL, PENDING, DECODE, DRAIN)
        )
        return private + sum(holders > 0 for holders in self.on_gpu.values())

    def free(self) -> int:
        """Pages that can be had; idle ones are given away for it."""
        return self.kv.pages - self.used()

    def settle(self) -> None:
        """Forget the pages that were idle longest, as far as held ones need their place."""
        while self.used() + len(self.idle) > self.kv.pages:
            del self.on_gpu[self.idle.pop(0)]

    def let_go(self, job: _Job) -> None:
        """The shared pages of ``job`` lose a holder; the last page becomes idle first."""
        for key in sorted(job.shared, key=job.keys.index, reverse=True):
            self.on_gpu[key] -= 1
            if self.on_gpu[key] == 0:
                self.idle.append(key)
        job.shared = []
        job.reserved_pages = 0

    def publish(self, job: _Job) -> None:
        """Pages of ``job`` that nobody has published so far can be found from now on."""
        for key in job.keys[: job.cached // self.kv.page_tokens]:
            if key not in self.on_gpu:
                self.on_gpu[key] = 1
                job.shared.append(key)

    def keep(self, job: _Job) -> None:
        """``job`` is done: keep its full pages for later rounds."""
        if self.kv.reuse and job.state != SWAPPED:
            self.publish(job)
        for key in reversed(job.keys[: job.cached // self.kv.page_tokens]):
            self.to_host(key)

    def to_host(self, key: Hashable) -> None:
        if not (self.kv.host_pages or self.kv.disk_pages):
            return
        for tier in (self.host, self.disk):
            if key in tier:
                tier.remove(key)
        self.host.append(key)
        if len(self.host) > self.kv.host_pages:
            self.disk.append(self.host.pop(0))
        if len(self.disk) > self.kv.disk_pages:
            self.disk.pop(0)

    # Forming an iteration.

    def in_state(self, *states: int) -> list[_Job]:
        return [job for job in self.jobs if job.state in states]

    def active(self) -> list[_Job]:
        return self.in_state(LOADING, PREFILL, PENDING, DECODE, DRAIN)

    def form(self) -> _Iteration | None:
        it = self.unformed or _Iteration(self.number)
        self.unformed = it
        self.preempted_now = False
        for job in self.in_state(LOADING):
            job.state = PREFILL if job.cached < job.target else PENDING
        for job in self.in_state(PENDING):
            if self.kv.reuse:
                self.publish(job)
            job.state = DRAIN if job.emitted == job.limit else DECODE
        for job in self.in_state(DECODE):
            if job.emitted == job.limit:
                job.state = DRAIN
        budget = self.policy.token_budget
        if self.policy.mixed:
            self.decode(it)
            room = budget - len(it.decode)
            if not self.preempted_now:
                room -= self.come_back(it, room)
            self.prefill(it, room)
        else:
            self.come_back(it, budget - len(self.in_state(DECODE)))
            self.prefill(it, budget)
            if not it.chunks:
                self.decode(it)
        while it.empty and self.in_state(PREFILL):
            self.prefill(it, budget)
            if not it.empty:
                break
            if len(self.in_state(PREFILL, DECODE)) == 1 and self.in_state(DRAIN):
                return None
            self.preempt(it)
        if it.empty:
            return None
        self.unformed = None
        self.settle()
        it.used = self.used()
        it.waiting = len(self.queue)
        self.number += 1
        return it

    def decode(self, it: _Iteration) -> None:
        def needed() -> int:
            return sum(job.cached % self.kv.page_tokens == 0 for job in self.in_state(DECODE))

        while needed() > self.free():
            self.preempt(it)
        for job in self.in_state(DECODE):
            job.cached += 1
            job.emitted += 1
            job.reserved_pages = max(job.reserved_pages, self.pages(job.cached))
            it.decode.append(job.id)
            it.context += job.cached
            if job.emitted == job.output:
                it.ends.append(job.id)
        self.settle()

    def preempt(self, it: _Iteration) -> None:
        job = max(self.in_state(DECODE, PREFILL), key=lambda j: j.order)
        self.preempted_now = True
        self.preemptions += 1
        self.let_go(job)
        filled = self.pages(job.cached)
        if self.policy.preemption is Preemption.SWAP and self.swapped_pages + filled <= self.kv.swap_pages:
            self.swapped_pages += filled
            it.swap_out += filled
            job.state = SWAPPED
            return
        job.state = WAITING
        job.target = job.prompt + job.emitted
        job.cached = 0
        self.queue.insert(0, job)

    def come_back(self, it: _Iteration, room: int) -> int:
        back = 0
        for job in self.in_state(SWAPPED):
            if back >= room or not self.admissible(self.pages(job.cached + 1)):
                break
            filled = self.pages(job.cached)
            self.swapped_pages -= filled
            it.host_in += filled
            job.state = LOADING
            self.settle()
            back += 1
        return back

    def prefill(self, it: _Iteration, room: int) -> None:
        for job in self.in_state(PREFILL):
            taken = self.chunk(it, job, room)
            room -= taken
            if job.state != PENDING:
                break
        if self.preempted_now or self.in_state(SWAPPED, PREFILL):
            return
        while room > 0 and self.queue:
            job = self.queue[0]
            if not self.policy.chunked and job.target > room and it.tokens:
                return
            if not self.admit(it, job):
                return
            if job.state == LOADING:
                continue
            room -= self.chunk(it, job, room)
            if job.state != PENDING:
                return

    def admit(self, it: _Iteration, job: _Job) -> bool:
        shared: list[Hashable] = []
        host: list[Hashable] = []
        disk: list[Hashable] = []
        for key in job.keys[: (job.target - 1) // self.kv.page_tokens]:
            if not host and not disk and key in self.on_gpu:
                shared.append(key)
            elif key in self.host:
                host.append(key)
            elif key in self.disk:
                disk.append(key)
            else:
                break
        found = len(shared) + len(host) + len(disk)
        whole = self.policy.admission is Admission.PROMPT
        if not self.admissible(self.pages(job.target) if whole else found, job):
            return False
        self.queue.remove(job)
        for key in shared:
            if self.on_gpu[key] == 0:
                self.idle.remove(key)
            self.on_gpu[key] += 1
        job.shared = shared
        job.cached = found * self.kv.page_tokens
        job.reserved_pages = self.pages(job.target) if whole else found
        job.state = LOADING if host or disk else PREFILL
        self.settle()
        for key in reversed(job.keys[len(shared) : found]):
            self.to_host(key)
        it.host_in += len(host)
        it.disk_in += len(disk)
        self.reused += job.cached
        return True

    def admissible(self, pages: int, job: _Job | None = None) -> bool:
        active = self.active()
        if pages > self.free() or len(active) >= self.policy.request_limit:
            return False
        if not active:
            return True
        if self.policy.admission is Admission.PEAK:
            return self.kv.pages - self.peak() > self.average_pages()
        if self.policy.admission is Admission.RESERVE:
            if job is None:
                return True
            holders = self.in_state(LOADING, PREFILL, PENDING, DECODE, DRAIN, SWAPPED)
            return sum(self.reserve(j) for j in (*holders, job)) <= self.kv.pages
        return self.free() - pages >= int(self.policy.watermark * self.kv.pages)

    def reserve(self, job: _Job) -> int:
        return self.pages(job.prompt + (job.limit or self.policy.reserve_output_tokens or 0))

    def average_pages(self) -> float:
        p, d = self.policy.expected_prompt_tokens or 0, self.policy.expected_output_tokens or 0
        return (p + d + self.kv.page_tokens) / self.kv.page_tokens

    def peak(self) -> int:
        p, d = self.policy.expected_prompt_tokens or 0, self.policy.expected_output_tokens or 0
        horizon = p + d + 2
        # A request that decodes in the iteration being formed has its new token counted already.
        lengths = [job.cached for job in self.in_state(DECODE)] + [p] * len(self.in_state(LOADING, PREFILL, PENDING))
        return max(sum(self.pages(n + 1 + k) for n in lengths if n + 1 + k < horizon) for k in range(horizon))

    def chunk(self, it: _Iteration, job: _Job, room: int) -> int:
        left = job.target - job.cached
        length = min(room, left)
        if length < left and not self.policy.chunked:
            if it.tokens:
                return 0
            length = left
        # What its own pages and the free ones hold.
        held = (self.pages_held(job, job.cached) + self.free()) * self.kv.page_tokens - job.cached
        if length > held:
            length = held if self.policy.chunked else 0
        if length <= 0:
            return 0
        begin = job.cached
        job.cached += length
        last = length == left
        it.chunks.append((job, begin, length, last))
        if last:
            job.state = PENDING
            job.emitted += 1
            if job.emitted == 1:
                it.firsts.append(job.id)
            if job.emitted == job.output:
                it.ends.append(job.id)
        self.settle()
        return length


def differences(one: SimulationResult, two: SimulationResult) -> list[str]:
    """Fields in which two results differ; empty if they are the same event by event."""
    found = []
    for entry in dataclasses.fields(SimulationResult):
        if entry.name in ("workload", "policy", "kv"):
            continue
        a, b = getattr(one, entry.name), getattr(two, entry.name)
        if entry.name == "columns":
            found += [f"columns.{name}" for name in a._fields if not np.array_equal(getattr(a, name), getattr(b, name))]
        elif not np.array_equal(a, b):
            found.append(entry.name)
    return found

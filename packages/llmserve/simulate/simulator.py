"""The fast simulator: the scheduler of the engine under a virtual clock.

Work is done where something happens.  Iterations in which the same requests decode and nothing else happens are formed
together (see :meth:`~llmserve.serving.scheduler.Scheduler.advance`), and where no decision depends on the clock (all
requests are there at time 0) all durations are computed at the end in one call of the model.

The clock, with ``cpu_s`` for forming an iteration on the CPU:

- synchronous: an iteration is formed when the one before it has ended, and starts ``cpu_s`` later;
- asynchronous: iteration i + 1 is formed from what is known when i starts, while i runs; it starts when i has ended and
  it is formed.  After a pause, an iteration is formed when the next request arrives.

A request is seen by the first iteration that is formed at or after its arrival.  Its tokens come out when iterations
end.  ``llmserve.simulate.reference`` states the same rules without any of the short cuts, and must agree exactly.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Hashable

import numpy as np

from llmserve.serving.batch import Batch
from llmserve.serving.kv import KVConfig
from llmserve.serving.policy import BatchPolicy
from llmserve.serving.quiet_run import QuietRun
from llmserve.serving.request import Request
from llmserve.serving.scheduler import Scheduler
from llmserve.simulate.result import SimulationResult
from llmserve.simulate.times import NS_PER_S, BulkTime, Ints, IterationColumns, TransferRates, bulk, durations_ns
from llmserve.workload import Workload
from schedcore.errors import InputError

MIN_QUIET = 4
"""Quiet iterations from which forming them together is quicker than one by one."""
MAX_QUIET = 512
"""Most that are formed together where arrivals may interrupt."""


def page_keys(workload: Workload, request: int, page_tokens: int, chain: dict[int, int]) -> tuple[Hashable, ...]:
    """Keys of the full pages of prompt and answer of ``request``.

    Rounds of a conversation share the keys of its first request (``chain`` maps a request to that one); a common prefix
    has keys of its own.  The last page of a round is full only later and belongs to no key until then.
    """
    if not len(workload.follows) and not len(workload.prefix):
        return ()
    root = request
    if len(workload.follows):
        before = int(workload.follows[request])
        root = request if before < 0 else chain[before]
    chain[request] = root
    full = int(workload.prompt_tokens[request] + workload.output_tokens[request]) // page_tokens
    common = 0
    if len(workload.prefix) and workload.prefix[request] >= 0:
        common = min(full, int(min(workload.prefix_tokens[request], workload.prompt_tokens[request])) // page_tokens)
    prefix = int(workload.prefix[request]) if common else -1
    return (
        *((("prefix", prefix, page)) for page in range(common)),
        *((("text", root, page)) for page in range(common, full)),
    )


def check_fits(workload: Workload, policy: BatchPolicy, kv: KVConfig) -> None:
    """Refuse a workload with a request that can't be run even alone.

    Raises
    ------
    InputError
        Naming the first such request.
    """
    needed = -(-(workload.prompt_tokens + workload.output_tokens + 1) // kv.page_tokens)
    too_long = np.flatnonzero(needed > kv.pages)
    if len(too_long):
        request = int(too_long[0])
        raise InputError(
            f"{workload.prompt_tokens[request]} + {workload.output_tokens[request]} tokens do not fit in {kv.pages} "
            f"pages of {kv.page_tokens}",
            where=f"workload {workload.name!r}, request {request}",
            remedy="drop such requests, or use a deployment with more memory",
        )


def simulate(
    workload: Workload,
    policy: BatchPolicy,
    kv: KVConfig,
    model: object,
    *,
    transfers: TransferRates | None = None,
    cpu_s: float = 0.0,
    lengths_known: bool = False,
    max_iterations: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> SimulationResult:
    """Run ``workload`` and say what happened.

    Parameters
    ----------
    workload, policy, kv
        The requests, how iterations are formed, and the KV memory.
    model
        Iteration times: anything with ``seconds_many`` or ``seconds`` (see :mod:`llmserve.simulate.times`).
    transfers
        Cost of moving pages; ``None``: free.
    cpu_s
        Seconds on the CPU to form an iteration; hidden behind the running iteration by asynchronous policies.
    lengths_known
        Whether the scheduler knows the lengths of answers (limits rather than ends of text).
    max_iterations
        Stop after so many; requests under way then stay unfinished.
    progress
        Called now and then with requests finished, requests, and a text.
    should_stop
        Asked now and then; a true answer ends the simulation as ``max_iterations`` does.

    Raises
    ------
    InputError
        A request that does not fit, or numbers out of range.
    """
    if not (math.isfinite(cpu_s) and cpu_s >= 0):
        raise InputError(f"cpu_s is {cpu_s}", where="simulation", remedy="give seconds >= 0")
    if max_iterations is not None and max_iterations < 1:
        raise InputError(f"max_iterations is {max_iterations}", where="simulation", remedy="give at least 1")
    check_fits(workload, policy, kv)
    run = _Run(workload, policy, kv, bulk(model), transfers or TransferRates(), cpu_s, lengths_known)
    return run.run(max_iterations, progress, should_stop)


class _Run:
    """State of one simulation."""

    def __init__(
        self,
        workload: Workload,
        policy: BatchPolicy,
        kv: KVConfig,
        model: BulkTime,
        transfers: TransferRates,
        cpu_s: float,
        lengths_known: bool,
    ) -> None:
        self.workload, self.policy, self.kv = workload, policy, kv
        self.model, self.transfers = model, transfers
        self.cpu_ns = round(cpu_s * NS_PER_S)
        self.lengths_known = lengths_known
        self.scheduler = Scheduler(policy, kv)
        self.timed = not workload.offline
        count = len(workload)
        self.arrival_ns: Ints = np.rint(workload.arrival_s * NS_PER_S).astype(np.int64)
        self.output: list[int] = workload.output_tokens.tolist()
        self.prompt: list[int] = workload.prompt_tokens.tolist()
        self.followers: dict[int, list[int]] = {}
        first = range(count)
        if len(workload.follows):
            first = [i for i in range(count) if workload.follows[i] < 0]  # type: ignore[assignment]
            for i, before in enumerate(workload.follows.tolist()):
                if before >= 0:
                    self.followers.setdefault(before, []).append(i)
        self.arrivals: list[tuple[int, int]] = sorted((int(self.arrival_ns[i]), i) for i in first)  # sorted is a heap
        self.chain: dict[int, int] = {}
        self.first_token = [-1] * count
        self.finish = [-1] * count
        self.num_finished = 0
        self.reused_tokens = 0
        self.expected: list[int] = [-1] * count  # the decode step with the last token, while it decodes
        self.calendar: dict[int, list[int]] = {}
        self.steps: list[int] = []  # a heap of the calendar's keys
        self.displaced: set[int] = set()  # requests that were preempted
        self.rows: list[tuple[int, ...]] = []
        self.start: list[int] = []
        self.duration: list[int] = []

    def run(
        self,
        max_iterations: int | None,
        progress: Callable[[int, int, str], None] | None,
        should_stop: Callable[[], bool] | None,
    ) -> SimulationResult:
        scheduler, ahead, timed = self.scheduler, self.policy.asynchronous, self.timed
        limit = max_iterations if max_iterations is not None else 1 << 62
        running: Batch | None = None
        running_done: list[int] = []
        now = start = end = 0  # the time if nothing runs; begin and end of the running iteration
        turns = 0
        while len(self.rows) < limit:
            turns += 1
            if not turns & 1023:
                if progress is not None:
                    progress(self.num_finished, len(self.workload), "requests")
                if should_stop is not None and should_stop():
                    break
            formed_at = now if running is None else start
            if self.arrivals and self.arrivals[0][0] <= formed_at:
                self._deliver(formed_at)
            if scheduler.quiet_steps() >= MIN_QUIET and not running_done and (running is not None or not ahead):
                quiet = self._quiet(running, formed_at, end, limit - len(self.rows))
                if quiet is not None:
                    if timed:
                        start, end = self.start[-1], self.start[-1] + self.duration[-1]
                    if ahead:
                        running = quiet.last
                    else:
                        now = end
                        self._complete(quiet.last, [], now, len(self.rows) - 1)
                    continue
            formed = scheduler.schedule()
            done_now: list[int] = []
            if formed is not None:
                done_now = self._record(formed, running is None)
            if running is not None:
                self._complete(running, running_done, end, running.index)
            elif formed is None:
                if not self.arrivals:
                    break
                now = self.arrivals[0][0]
                continue
            if formed is None:
                now, running, running_done = end, None, []
                continue
            if timed:
                start = formed_at + self.cpu_ns if running is None else max(end, formed_at + self.cpu_ns)
                end = start + self._duration(formed)
                self.start.append(start)
                self.duration.append(end - start)
            if ahead:
                running, running_done = formed, done_now
            else:
                self._complete(formed, done_now, end, formed.index)
                now = end
        if running is not None:  # stopped early
            self._complete(running, running_done, end, running.index)
        return self._result()

    # Arrivals and ends.

    def _deliver(self, until_ns: int) -> None:
        while self.arrivals and self.arrivals[0][0] <= until_ns:
            _, i = heapq.heappop(self.arrivals)
            keys = page_keys(self.workload, i, self.kv.page_tokens, self.chain)
            self.scheduler.add(Request(i, self.prompt[i], self.output[i] if self.lengths_known else None, keys))

    def _complete(self, batch: Batch, done_by_prefill: list[int], end_ns: int, iteration: int) -> None:
        done = done_by_prefill
        if batch.decode_step in self.calendar:
            due = self.calendar.pop(batch.decode_step)
            done = done + [i for i in due if self.expected[i] == batch.decode_step]
        if len(done) > 1:
            known = self.scheduler.sequences
            done = sorted(done, key=lambda i: known[i].order)
        self.scheduler.complete(batch, done)
        for i in done:
            self.finish[i] = iteration
            for follower in self.followers.get(i, ()):
                think_ns = round(float(self.workload.think_s[follower]) * NS_PER_S) if len(self.workload.think_s) else 0
                self.arrival_ns[follower] = max(int(self.arrival_ns[follower]), end_ns + think_ns)
                heapq.heappush(self.arrivals, (int(self.arrival_ns[follower]), follower))
        self.num_finished += len(done)

    def _record(self, batch: Batch, alone: bool) -> list[int]:
        """Note an iteration formed just now, ``alone`` if nothing ran meanwhile; requests that end with a prompt."""
        done: list[int] = []
        for sequence in batch.joined:
            left = self.output[sequence.id] - sequence.num_emitted
            if left > 0:
                step = sequence.base_step + left - 1
                self.expected[sequence.id] = step
                if step not in self.calendar:
                    self.calendar[step] = []
                    heapq.heappush(self.steps, step)
                # One that was preempted may find the entry of its first attempt.
                if sequence.id not in self.displaced or sequence.id not in self.calendar[step]:
                    self.calendar[step].append(sequence.id)
        # Whose last token is under way still ends with it; the answer may have grown since by a prompt computed again.
        under_way = batch.decode_step if batch.decode_step >= 0 else self.scheduler.decode_step
        for sequence in batch.preempted:
            if self.expected[sequence.id] >= under_way:
                self.expected[sequence.id] = -1
                self.displaced.add(sequence.id)
        ended = 0
        for chunk in batch.chunks:
            sequence = chunk.sequence
            if chunk.last:
                ended += 1
                if sequence.num_emitted == 1:
                    self.first_token[sequence.id] = batch.index
                if sequence.num_emitted == self.output[sequence.id]:
                    done.append(sequence.id)
        row = (
            batch.num_decode,
            batch.decode_context,
            batch.prefill_tokens,
            batch.prefill_context,
            batch.num_decode + ended,
            batch.swap_pages_out,
            batch.swap_pages_in + batch.host_pages_in,
            batch.disk_pages_in,
            batch.pages_used,
            self.scheduler.num_waiting,
            alone,
        )
        self.rows.append(row)
        return done

    def _duration(self, batch: Batch) -> int:
        """Of the newest iteration."""
        row = np.array([self.rows[-1][:8]], dtype=np.int64).T
        return int(durations_ns(self.model, self.transfers, IterationColumns(*row))[0])

    # Many iterations at once.

    def _next_end(self) -> int:
        """The next decode step with which a request ends."""
        while self.steps and self.steps[0] not in self.calendar:
            heapq.heappop(self.steps)
        return self.steps[0] if self.steps else 1 << 40

    def _quiet(self, running: Batch | None, formed_at: int, end: int, limit: int) -> QuietRun | None:
        """Form the iterations up to the next event, if there are enough of them."""
        scheduler = self.scheduler
        if running is not None and running.decode_step in self.calendar:
            return None
        step = scheduler.decode_step
        steps = min(scheduler.quiet_steps(), self._next_end() - step + 1, limit)
        if steps < MIN_QUIET:
            return None
        starts = durations = None
        if self.timed:
            steps = min(steps, MAX_QUIET)
            if self.arrivals and self.duration:
                # A guess, so that little is computed in vain.
                steps = min(steps, (self.arrivals[0][0] - formed_at) // self.duration[-1] + 2)
                if steps < MIN_QUIET:
                    return None
            starts, durations = self._quiet_times(running, formed_at, end, steps)
            if self.arrivals:
                # Iteration j is formed at the start of j - 1, or synchronously at its end.
                seen = starts[:-1] if self.policy.asynchronous else (starts + durations)[:-1]
                steps = min(steps, 1 + int(np.searchsorted(seen, self.arrivals[0][0], side="left")))
                if steps < MIN_QUIET:
                    return None
        quiet = scheduler.advance(steps)
        if quiet is None:
            return None
        count, decoding, waiting = len(quiet), quiet.num_decode, scheduler.num_waiting
        self.rows.extend(
            (decoding, context, 0, 0, decoding, 0, 0, 0, pages, waiting, running is None)
            for context, pages in zip(quiet.decode_context.tolist(), quiet.pages_used.tolist())
        )
        if starts is not None and durations is not None:
            self.start.extend(starts[:count].tolist())
            self.duration.extend(durations[:count].tolist())
        return quiet

    def _quiet_times(self, running: Batch | None, formed_at: int, end: int, steps: int) -> tuple[Ints, Ints]:
        """Starts and durations of the next ``steps`` quiet iterations."""
        scheduler = self.scheduler
        decoding = scheduler.num_decoding
        each = np.full(steps, decoding, dtype=np.int64)
        none = np.zeros(steps, dtype=np.int64)
        context = scheduler.decode_context + decoding * np.arange(1, steps + 1, dtype=np.int64)
        row = IterationColumns(each, context, none, none, each, none, none, none)
        durations = durations_ns(self.model, self.transfers, row)
        if self.policy.asynchronous:
            gaps = np.maximum(durations, self.cpu_ns)
            first = max(end, formed_at + self.cpu_ns)
        else:
            gaps = durations + self.cpu_ns
            first = formed_at + self.cpu_ns
        return first + np.concatenate(([0], np.cumsum(gaps[:-1]))), durations

    # The end.

    def _result(self) -> SimulationResult:
        table = np.array(self.rows, dtype=np.int64).reshape(len(self.rows), 11).T.copy()
        columns = IterationColumns(*table[:8])
        if self.timed:
            start, duration = np.array(self.start, dtype=np.int64), np.array(self.duration, dtype=np.int64)
        else:
            duration = durations_ns(self.model, self.transfers, columns)
            start = self._starts(duration)
        return SimulationResult(
            workload=self.workload,
            policy=self.policy,
            kv=self.kv,
            columns=columns,
            start_ns=start,
            duration_ns=duration,
            pages_used=table[8],
            waiting=table[9],
            first_token_iteration=np.array(self.first_token, dtype=np.int64),
            finish_iteration=np.array(self.finish, dtype=np.int64),
            arrival_ns=self.arrival_ns,
            wasted_tokens=self.scheduler.wasted_tokens,
            preemptions=self.scheduler.num_preemptions,
            reused_tokens=self.scheduler.reused_tokens,
        )

    def _starts(self, duration: Ints) -> Ints:
        """Begins of the iterations where nothing waits for the clock."""
        if not len(duration):
            return duration
        alone = np.array([row[10] for row in self.rows[1:]], dtype=bool)
        gaps = np.where(alone, duration[:-1] + self.cpu_ns, np.maximum(duration[:-1], self.cpu_ns))
        starts: Ints = self.cpu_ns + np.concatenate(([0], np.cumsum(gaps)))
        return starts

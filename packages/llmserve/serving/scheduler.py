"""The batch former: which tokens of which requests each iteration computes (NanoFlow, section 4.2).

One object serves the engine and the simulator.  Its loop is

    batch = scheduler.schedule()          # form an iteration, do the bookkeeping of its pages
    ... run it ...
    scheduler.complete(batch, finished)   # say which requests ended with the token of this iteration

Under asynchronous scheduling iteration i + 1 is formed before i is complete: every decoding request is taken to go on,
and one that ended in i computes a token for nothing in i + 1.

Rules, in the order in which :meth:`Scheduler.schedule` applies them:

1. Requests whose prompt was done in the iteration before decode from now on; so do those that came back.
2. If the pages for one more token of each decoding request are not there, the youngest requests (last to arrive) that
   hold pages make room, by :class:`~llmserve.serving.policy.Preemption`; nobody is let in by this call then.
3. Every decoding request contributes one token.
4. Swapped requests come back, first come first served; they load while this iteration runs and decode from the next.
5. What is left of the budget goes to prompts begun earlier, then to new ones while admission allows and nobody is
   swapped out, first come first served; the last prompt is cut where the budget ends.

A policy that is not ``mixed`` gives the whole iteration to prompts if one can be let in, and otherwise decodes.

All decoding requests advance together, so a request's length follows from the decode step it began in, and the requests
that need a new page in a step are those of one residue class.  Work per iteration is proportional to what changes, not
to the number of requests.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable

import numpy as np

from llmserve.serving.batch import Batch, Chunk
from llmserve.serving.forecast import PeakForecast
from llmserve.serving.kv import KVConfig, KVManager
from llmserve.serving.out_of_pages import OutOfPagesError
from llmserve.serving.policy import Admission, BatchPolicy, Preemption
from llmserve.serving.quiet_run import QuietRun
from llmserve.serving.request import Request, Sequence, State
from schedcore.errors import InputError, UnknownNameError


class Scheduler:
    """Forms iterations by a policy over a KV memory.

    Attributes
    ----------
    wasted_tokens
        Tokens computed for requests that had ended already.
    num_preemptions
        How often a request had to make room.
    reused_tokens
        Prompt tokens that were not computed because their pages were kept.
    """

    def __init__(self, policy: BatchPolicy, kv: KVConfig) -> None:
        self.policy = policy
        self.kv = KVManager(kv)
        self.sequences: dict[int, Sequence] = {}
        self.wasted_tokens = 0
        self.num_preemptions = 0
        self.reused_tokens = 0
        self._page = kv.page_tokens
        self._watermark_pages = int(policy.watermark * kv.pages)
        self._waiting: deque[Sequence] = deque()
        self._prefilling: deque[Sequence] = deque()
        self._pending: list[Sequence] = []
        self._loading: list[Sequence] = []
        self._swapped: list[Sequence] = []
        self._draining: dict[int, Sequence] = {}
        self._decoding: dict[int, Sequence] = {}
        self._buckets: list[dict[int, list[int]]] = [{} for _ in range(kv.page_tokens)]
        self._limits: dict[int, list[Sequence]] = {}
        self._limit_steps: list[int] = []
        self._context = 0  # tokens cached of the decoding requests
        self._reserved = 0  # pages, for admission by reserve
        self._step = 0
        self._index = 0
        self._made_room = False
        self._unformed: Batch | None = None
        self._arrived = 0
        self._forecast: PeakForecast | None = None
        if policy.admission is Admission.PEAK:
            prompt, output = policy.expected_prompt_tokens, policy.expected_output_tokens
            self._forecast = PeakForecast(kv.page_tokens, prompt or 1, output or 1)

    # What there is.

    @property
    def decode_step(self) -> int:
        """Number of the next decode step."""
        return self._step

    @property
    def num_decoding(self) -> int:
        """Requests that decode."""
        return len(self._decoding)

    @property
    def decode_context(self) -> int:
        """Tokens in the pages of the requests that decode, those of iterations under way included."""
        return self._context

    @property
    def decoding(self) -> tuple[Sequence, ...]:
        """The decode requests of the iteration just formed, in its order."""
        return tuple(self._decoding.values())

    @property
    def num_waiting(self) -> int:
        """Requests that are not let in yet."""
        return len(self._waiting)

    @property
    def num_active(self) -> int:
        """Requests that hold pages."""
        return (
            len(self._decoding) + len(self._prefilling) + len(self._pending) + len(self._loading) + len(self._draining)
        )

    @property
    def num_swapped(self) -> int:
        """Requests whose pages lie on the host."""
        return len(self._swapped)

    @property
    def has_work(self) -> bool:
        """Whether any request is not finished."""
        return bool(self.sequences)

    def cached_tokens(self, sequence: Sequence) -> int:
        """Tokens of ``sequence`` in its pages, those of iterations under way included."""
        if sequence.state is State.DECODING:
            return sequence.num_cached + self._step - sequence.base_step
        return sequence.num_cached

    def emitted_tokens(self, sequence: Sequence) -> int:
        """Tokens of the answer of ``sequence``, those of iterations under way included."""
        if sequence.state is State.DECODING:
            return sequence.num_emitted + self._step - sequence.base_step
        return sequence.num_emitted

    # Coming and going.

    def add(self, request: Request) -> Sequence:
        """Put ``request`` at the end of the queue.

        Raises
        ------
        InputError
            Its id is in use, or it cannot ever be run: more pages than there are, or a prompt above the budget of a
            policy that does not cut prompts.
        """
        where = f"request {request.id}"
        if request.id in self.sequences:
            raise InputError(
                "the id is in use", where=where, remedy="use another id, or wait until that one is finished"
            )
        longest = request.prompt_tokens + (request.max_output_tokens or 1)
        if self.kv.config.pages_for(longest) > self.kv.config.pages:
            raise InputError(
                f"{longest} tokens of prompt and answer do not fit in {self.kv.config.pages} pages of {self._page}",
                where=where,
                remedy="shorten it, or use a deployment with more memory",
            )
        if not self.policy.chunked and request.prompt_tokens > self.policy.token_budget:
            raise InputError(
                f"a prompt of {request.prompt_tokens} tokens is above the budget of {self.policy.token_budget}",
                where=where,
                remedy="raise the token budget, or choose a policy that cuts prompts",
            )
        sequence = Sequence(request, self._arrived)
        self._arrived += 1
        self.sequences[request.id] = sequence
        self._waiting.append(sequence)
        return sequence

    def complete(self, batch: Batch, finished: Iterable[int] = ()) -> None:
        """``batch`` has run, and the requests ``finished`` ended with the token that it computed for them."""
        for request_id in finished:
            sequence = self._known(request_id)
            if sequence.state is State.DECODING:
                by_decode = 0 <= sequence.base_step <= batch.decode_step
                first_wasted = batch.decode_step + 1 if by_decode else sequence.base_step
                wasted = self._step - first_wasted
                self.wasted_tokens += wasted
            else:
                wasted = 0
            tokens = self.cached_tokens(sequence) - wasted
            self._remove(sequence, tokens)

    def cancel(self, request_id: int) -> None:
        """Drop a request in whatever state it is.  What iterations under way compute for it is ignored.

        Its pages are free at once: work of later iterations comes after that of those under way.
        """
        sequence = self._known(request_id)
        self._remove(sequence, 0)

    # Forming iterations.

    def schedule(self) -> Batch | None:
        """The next iteration, or ``None`` if there is nothing to do (until something completes or arrives)."""
        # What was done for an iteration that came to nothing belongs to the next one.
        batch = self._unformed or Batch(self._index)
        self._made_room = False
        self._begin_decoding(batch)
        if self._limits:
            self._leave_at_limits()
        if self.policy.mixed:
            self._decode(batch)
            room = self.policy.token_budget - batch.num_decode
            if not self._made_room:
                room -= self._resume(batch, room)
            if room > 0:
                self._prefill(batch, room)
        else:
            self._resume(batch, self.policy.token_budget - len(self._decoding))
            self._prefill(batch, self.policy.token_budget)
            if not batch.chunks:
                self._decode(batch)
        if batch.empty and not self._unblock(batch):
            self._unformed = batch
            return None
        self._unformed = None
        batch.pages_used = self.kv.pool.used
        self._index += 1
        return batch

    def quiet_steps(self) -> int:
        """Iterations from now on that are sure to decode the same requests and do nothing else.

        Sure as long as nothing is added, cancelled or finished, and pages suffice.
        """
        decoding = len(self._decoding)
        if not decoding or self._pending or self._loading or self._prefilling or self._swapped or self._unformed:
            return 0
        full = decoding + len(self._draining) >= self.policy.request_limit or (
            self.policy.mixed and decoding >= self.policy.token_budget
        )
        if self._waiting and not full:
            return 0
        while self._limit_steps and self._limit_steps[0] not in self._limits:
            heapq.heappop(self._limit_steps)
        return self._limit_steps[0] - self._step if self._limit_steps else 1 << 40

    def advance(self, steps: int) -> QuietRun | None:
        """Form up to ``steps`` quiet iterations at once; ``None`` if pages do not suffice for one.

        ``steps`` is at most :meth:`quiet_steps`.
        """
        page, buckets, first = self._page, self._buckets, self._step
        sizes = np.array([len(bucket) for bucket in buckets], dtype=np.int64)
        needed = np.cumsum(sizes[(first + np.arange(steps)) % page])
        steps = int(np.searchsorted(needed, self.kv.pool.available, side="right"))
        if steps == 0:
            return None
        used = self.kv.pool.used + needed[:steps]
        take = self.kv.pool.take
        for residue in range(min(page, steps)):
            bucket = buckets[(first + residue) % page]
            visits = (steps - residue - 1) // page + 1
            for pages in bucket.values():
                pages += take(visits)
        decoding = len(self._decoding)
        context = self._context + decoding * np.arange(1, steps + 1, dtype=np.int64)
        self._context += decoding * steps
        self._step += steps
        self._index += steps
        last = Batch(self._index - 1)
        last.decode_step = self._step - 1
        last.num_decode = decoding
        last.decode_context = self._context
        last.pages_used = self.kv.pool.used
        return QuietRun(decoding, context, used, last)

    # Parts of schedule().

    def _begin_decoding(self, batch: Batch) -> None:
        if self._loading:
            for sequence in self._loading:
                if sequence.num_cached < sequence.prefill_tokens:
                    sequence.state = State.PREFILLING
                    self._prefilling.append(sequence)
                else:
                    self._pending.append(sequence)
            self._loading.clear()
            if len(self._prefilling) > 1:
                self._prefilling = deque(sorted(self._prefilling, key=lambda s: s.order))
        if not self._pending:
            return
        step = self._step
        if len(self._pending) > 1:
            self._pending.sort(key=lambda s: s.order)
        for sequence in self._pending:
            self.kv.publish_prompt(sequence)
            if sequence.num_emitted == sequence.request.max_output_tokens:
                sequence.state = State.DRAINING
                self._draining[sequence.id] = sequence
                continue
            sequence.state = State.DECODING
            sequence.base_step = step
            self._decoding[sequence.id] = sequence
            self._buckets[(step - sequence.num_cached) % self._page][sequence.id] = sequence.pages
            self._context += sequence.num_cached
            if self._forecast is not None:
                self._forecast.add(step, sequence.num_cached)
            if sequence.request.max_output_tokens is not None:
                sequence.limit_step = step + sequence.request.max_output_tokens - sequence.num_emitted
                if sequence.limit_step not in self._limits:
                    self._limits[sequence.limit_step] = []
                    heapq.heappush(self._limit_steps, sequence.limit_step)
                self._limits[sequence.limit_step].append(sequence)
            batch.joined.append(sequence)
        self._pending.clear()

    def _leave_at_limits(self) -> None:
        for sequence in self._limits.pop(self._step, ()):
            if sequence.state is State.DECODING and sequence.limit_step == self._step:
                self._stop_decoding(sequence)
                sequence.state = State.DRAINING
                self._draining[sequence.id] = sequence

    def _stop_decoding(self, sequence: Sequence) -> None:
        """Take ``sequence`` out of the decode requests; its counts are those before the next decode step."""
        steps = self._step - sequence.base_step
        del self._buckets[(sequence.base_step - sequence.num_cached) % self._page][sequence.id]
        del self._decoding[sequence.id]
        sequence.num_cached += steps
        sequence.num_emitted += steps
        sequence.limit_step = -1
        self._context -= sequence.num_cached
        if self._forecast is not None:
            self._forecast.remove(self._step, sequence.num_cached)

    def _decode(self, batch: Batch) -> None:
        if not self._decoding:
            return
        residue = self._step % self._page
        pool = self.kv.pool
        while len(self._buckets[residue]) > pool.available:
            self._preempt_youngest(batch)
        bucket = self._buckets[residue]
        if bucket:
            # The inner loop of a simulation, without a line of Python per page.
            deque(map(list.append, bucket.values(), pool.take(len(bucket))), maxlen=0)
        decoding = len(self._decoding)
        if not decoding:
            return
        self._context += decoding
        batch.decode_step = self._step
        batch.num_decode = decoding
        batch.decode_context = self._context
        self._step += 1

    def _preempt_youngest(self, batch: Batch) -> None:
        holders = [*self._decoding.values(), *self._prefilling]
        if self.num_active == 1:
            self._unformed = batch
            raise OutOfPagesError(holders[0], self.kv.config.pages)
        sequence = max(holders, key=lambda s: s.order)
        if sequence.state is State.DECODING:
            self._stop_decoding(sequence)
        else:
            self._prefilling.remove(sequence)
        self.num_preemptions += 1
        self._made_room = True
        batch.preempted.append(sequence)
        if self.policy.preemption is Preemption.SWAP and self.kv.can_swap(sequence):
            batch.swap_pages_out += self.kv.swap_out(sequence)
            sequence.state = State.SWAPPED
            self._swapped.append(sequence)
            self._swapped.sort(key=lambda s: s.order)
            return
        self.kv.drop(sequence)
        self._release_reserve(sequence)
        sequence.state = State.WAITING
        sequence.prefill_tokens = sequence.request.prompt_tokens + sequence.num_emitted
        sequence.num_cached = 0
        self._waiting.appendleft(sequence)

    def _resume(self, batch: Batch, room: int) -> int:
        """Let swapped requests come back; how many."""
        back = 0
        while self._swapped and back < room:
            sequence = self._swapped[0]
            needed = self.kv.config.pages_for(sequence.num_cached + 1)
            if not self._admissible(needed):
                break
            del self._swapped[0]
            batch.swap_pages_in += self.kv.swap_in(sequence)
            sequence.state = State.LOADING
            self._loading.append(sequence)
            back += 1
        return back

    def _prefill(self, batch: Batch, room: int) -> None:
        while self._prefilling and room > 0:
            taken = self._chunk(batch, self._prefilling[0], room)
            room -= taken
            if not taken or self._prefilling[0].state is not State.PENDING:
                break
            self._prefilling.popleft()
        if self._made_room or self._swapped or self._prefilling:
            return
        while room > 0 and self._waiting:
            sequence = self._waiting[0]
            if not self.policy.chunked and sequence.prefill_tokens > room and batch.num_tokens:
                break
            if not self._admit(batch, sequence):
                break
            if sequence.state is State.LOADING:
                continue
            room -= self._chunk(batch, sequence, room)
            if sequence.state is not State.PENDING:
                self._prefilling.append(sequence)
                break

    def _admit(self, batch: Batch, sequence: Sequence) -> bool:
        match = self.kv.match(sequence)
        at_once = match.host + match.disk
        total = self.kv.config.pages_for(sequence.prefill_tokens)
        if self.policy.admission is Admission.PROMPT:
            at_once = total - len(match.shared)
        if not self._admissible(at_once + len(match.shared), sequence):
            return False
        self._waiting.popleft()
        self._reserved += self._reserve_of(sequence)
        self.kv.attach(sequence, match)
        if self.policy.admission is Admission.PROMPT:
            self.kv.extend(sequence, sequence.prefill_tokens)
        self.reused_tokens += match.pages * self._page
        batch.host_pages_in += match.host
        batch.disk_pages_in += match.disk
        if match.host + match.disk:
            sequence.state = State.LOADING
            self._loading.append(sequence)
        else:
            sequence.state = State.PREFILLING
        return True

    def _admissible(self, at_once: int, sequence: Sequence | None = None) -> bool:
        """Whether one more request may hold pages, ``at_once`` of them now; ``sequence`` if it is a new one."""
        if at_once > self.kv.pool.available:
            return False
        active = self.num_active
        if active >= self.policy.request_limit:
            return False
        if active == 0:
            return True
        if self._forecast is not None:
            fresh = active - len(self._decoding) - len(self._draining)
            spare = self.kv.config.pages - self._forecast.peak(self._step, fresh)
            return spare > self._forecast.headroom_pages
        if self.policy.admission is Admission.RESERVE:
            return sequence is None or self._reserved + self._reserve_of(sequence) <= self.kv.config.pages
        return self.kv.pool.available - at_once >= self._watermark_pages

    def _reserve_of(self, sequence: Sequence) -> int:
        if self.policy.admission is not Admission.RESERVE:
            return 0
        output = sequence.request.max_output_tokens or self.policy.reserve_output_tokens or 0
        return self.kv.config.pages_for(sequence.request.prompt_tokens + output)

    def _release_reserve(self, sequence: Sequence) -> None:
        self._reserved -= self._reserve_of(sequence)

    def _chunk(self, batch: Batch, sequence: Sequence, room: int) -> int:
        """Compute the next part of the prompt of ``sequence``; its length, 0 where pages or room do not suffice."""
        start = sequence.num_cached
        left = sequence.prefill_tokens - start
        length = min(room, left)
        if length < left and not self.policy.chunked:
            if batch.num_tokens:
                return 0
            length = left  # a recomputed prompt above the budget runs alone
        held = (len(sequence.pages) + self.kv.pool.available) * self._page - start
        if length > held:
            length = held if self.policy.chunked else 0
        if length <= 0:
            return 0
        end = start + length
        self.kv.extend(sequence, max(end, len(sequence.pages) * self._page))
        sequence.num_cached = end
        last = length == left
        if last:
            sequence.num_emitted += 1
            sequence.state = State.PENDING
            self._pending.append(sequence)
        batch.chunks.append(Chunk(sequence, start, length, last))
        batch.prefill_tokens += length
        batch.prefill_context += length * start + length * (length + 1) // 2
        return length

    def _unblock(self, batch: Batch) -> bool:
        """Prompts that wait for each other's pages: the youngest makes room until the oldest goes on."""
        while self._prefilling and batch.empty:
            self._prefill(batch, self.policy.token_budget)
            if not batch.empty:
                break
            if len(self._prefilling) + len(self._decoding) == 1 and self._draining:
                return False  # pages come back when what is under way completes
            self._preempt_youngest(batch)
        return not batch.empty

    def _known(self, request_id: int) -> Sequence:
        sequence = self.sequences.get(request_id)
        if sequence is None:
            raise UnknownNameError(f"no request {request_id}", where="scheduler", remedy="it may be finished already")
        return sequence

    def _remove(self, sequence: Sequence, tokens: int) -> None:
        """Forget ``sequence``, keeping the pages of its first ``tokens`` tokens for reuse."""
        state = sequence.state
        if state is State.DECODING:
            self._stop_decoding(sequence)
        elif state is State.WAITING:
            self._waiting.remove(sequence)
        elif state is State.SWAPPED:
            self._swapped.remove(sequence)
            self.kv.forget_swapped(sequence)
        elif state is State.DRAINING:
            del self._draining[sequence.id]
        elif state is State.LOADING:
            self._loading.remove(sequence)
        elif state is State.PREFILLING:
            self._prefilling.remove(sequence)
        elif state is State.PENDING:
            self._pending.remove(sequence)
        if state is not State.WAITING:
            self._release_reserve(sequence)
        self.kv.retire(sequence, tokens)
        sequence.state = State.FINISHED
        del self.sequences[sequence.id]

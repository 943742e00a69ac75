"""The batch former, worked by hand."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from llmserve.serving import (
    Admission,
    Batch,
    BatchPolicy,
    KVConfig,
    OutOfPagesError,
    Preemption,
    Request,
    Scheduler,
    State,
)
from schedcore.errors import InputError, UnknownNameError

PROMPT = BatchPolicy("test", 8, admission=Admission.PROMPT, asynchronous=False)


def scheduler(pages: int = 100, policy: BatchPolicy = PROMPT, **kv: int) -> Scheduler:
    return Scheduler(policy, KVConfig(pages, 4, **kv))


def formed(s: Scheduler) -> Batch:
    batch = s.schedule()
    assert batch is not None
    return batch


def chunks(batch: Batch) -> list[tuple[int, int, int, bool]]:
    return [(c.sequence.id, c.start, c.length, c.last) for c in batch.chunks]


def test_prompts_fill_the_budget_exactly_and_the_last_is_cut() -> None:
    s = scheduler()
    s.add(Request(0, 5))
    s.add(Request(1, 6))
    batch = formed(s)
    assert chunks(batch) == [(0, 0, 5, True), (1, 0, 3, False)]
    # Pairs: 1 + ... + 5 and 1 + 2 + 3.
    assert (batch.prefill_tokens, batch.prefill_context) == (8, 15 + 6)
    assert batch.pages_used == 2 + 2  # admission by prompt takes the pages of the whole prompt
    s.complete(batch)
    batch = formed(s)
    # Decode first: request 0 with its 6th token, then the rest of prompt 1.
    assert (batch.num_decode, batch.decode_context) == (1, 6)
    assert chunks(batch) == [(1, 3, 3, True)]
    assert batch.prefill_context == 4 + 5 + 6


def test_decode_takes_a_page_every_four_tokens() -> None:
    s = scheduler()
    s.add(Request(0, 3))
    used = []
    for _ in range(7):
        batch = formed(s)
        s.complete(batch)
        used.append(batch.pages_used)
    # 3 tokens, then 4, 5, 6, 7, 8, 9.
    assert used == [1, 1, 2, 2, 2, 2, 3]
    assert s.cached_tokens(s.sequences[0]) == 9
    assert s.emitted_tokens(s.sequences[0]) == 7


def test_an_end_is_noticed_one_iteration_late_under_asynchronous_scheduling() -> None:
    s = scheduler(policy=PROMPT.replace(asynchronous=True))
    s.add(Request(0, 4))
    first = formed(s)
    second = formed(s)  # before the first is complete
    assert second.num_decode == 1
    s.complete(first)
    third = formed(s)
    s.complete(second, [0])  # its second token was the last; the third is for nothing
    assert third.num_decode == 1
    assert s.wasted_tokens == 1
    assert s.schedule() is None
    assert s.kv.pool.used == 0


def test_a_known_limit_wastes_nothing() -> None:
    s = scheduler(policy=PROMPT.replace(asynchronous=True))
    s.add(Request(0, 4, max_output_tokens=2))
    s.complete(formed(s))
    last = formed(s)
    assert last.num_decode == 1
    assert s.schedule() is None
    assert s.sequences[0].state is State.DRAINING
    s.complete(last, [0])
    assert s.wasted_tokens == 0
    assert not s.has_work


def test_the_youngest_makes_room_and_comes_back_from_the_host() -> None:
    s = scheduler(pages=2, swap_pages=10)
    s.add(Request(0, 4))
    s.add(Request(1, 4))
    s.complete(formed(s))
    batch = formed(s)  # both need a second page
    assert [q.id for q in batch.preempted] == [1]
    assert (batch.swap_pages_out, batch.num_decode, s.num_swapped) == (1, 1, 1)
    s.complete(batch, [0])
    back = formed(s)
    assert (back.num_tokens, back.swap_pages_in) == (0, 1)
    s.complete(back)
    resumed = formed(s)
    assert [q.id for q in resumed.joined] == [1]
    assert (resumed.num_decode, resumed.decode_context) == (1, 5)


def test_without_host_memory_prompt_and_answer_are_computed_again() -> None:
    s = scheduler(pages=3, policy=PROMPT.replace(preemption=Preemption.RECOMPUTE))
    s.add(Request(0, 4))
    s.add(Request(1, 4))
    for _ in range(2):
        s.complete(formed(s))
    # Both decode their second token, which needs a page each; there is one.
    assert s.sequences[1].state is State.WAITING
    assert s.sequences[1].prefill_tokens == 5  # 4 of the prompt, 1 of the answer
    s.cancel(0)
    assert chunks(formed(s)) == [(1, 0, 5, True)]
    assert s.sequences[1].num_emitted == 2


def test_whole_prompts_first_where_iterations_are_not_mixed() -> None:
    s = scheduler(policy=PROMPT.replace(mixed=False, chunked=False))
    for number in range(3):
        s.add(Request(number, 3))
    batch = formed(s)
    assert chunks(batch) == [(0, 0, 3, True), (1, 0, 3, True)]
    s.complete(batch)
    batch = formed(s)
    assert chunks(batch) == [(2, 0, 3, True)]
    assert batch.num_decode == 0
    s.complete(batch)
    assert formed(s).num_decode == 3


def test_admission_by_reserve_counts_the_longest_answer() -> None:
    s = scheduler(pages=10, policy=PROMPT.replace(admission=Admission.RESERVE, reserve_output_tokens=16))
    for number in range(2):
        s.add(Request(number, 4))  # 5 pages each
    s.add(Request(2, 4, max_output_tokens=1))
    assert len(formed(s).chunks) == 2
    assert s.num_waiting == 1


def test_admission_by_peak_leaves_room_for_one_more() -> None:
    policy = BatchPolicy("test", 100, expected_prompt_tokens=8, expected_output_tokens=8)
    s = scheduler(pages=16, policy=policy)
    for number in range(9):
        s.add(Request(number, 8))
    # An average request needs up to 4 pages plus one page of headroom, (8 + 8 + 4) / 4 = 5.  The peak of n requests is
    # 5 n (17 tokens), and 16 - 5 n > 5 holds for n = 0, 1, 2: three are let in.
    assert len(formed(s).chunks) == 3


def test_a_request_that_never_fits_is_refused() -> None:
    s = scheduler(pages=2)
    with pytest.raises(InputError, match=r"request 0: 9 tokens of prompt and answer do not fit in 2 pages"):
        s.add(Request(0, 8))
    s.add(Request(1, 3))
    with pytest.raises(InputError, match="id is in use"):
        s.add(Request(1, 3))
    whole = scheduler(policy=PROMPT.replace(chunked=False))
    with pytest.raises(InputError, match="prompt of 9 tokens is above the budget of 8"):
        whole.add(Request(0, 9))
    with pytest.raises(UnknownNameError, match="no request 7"):
        s.cancel(7)


def test_an_answer_that_outgrows_the_memory_alone_is_an_error() -> None:
    s = scheduler(pages=1)
    s.add(Request(0, 3))
    s.complete(formed(s))
    s.complete(formed(s))
    with pytest.raises(OutOfPagesError, match="request 0: the answer outgrows the 1 pages") as raised:
        s.schedule()
    s.cancel(raised.value.sequence.id)
    s.add(Request(1, 3))
    assert chunks(formed(s)) == [(1, 0, 3, True)]
    assert "outgrows" in str(pickle.loads(pickle.dumps(raised.value)))


@pytest.mark.parametrize("limit", [0, -3])
def test_wrong_requests(limit: int) -> None:
    with pytest.raises(InputError, match="prompt of"):
        Request(0, limit)
    with pytest.raises(InputError, match="answer of at most"):
        Request(0, 1, max_output_tokens=limit)


@pytest.mark.parametrize("steps", range(6))
def test_cancelled_in_any_state_a_request_leaves_no_page_behind(steps: int) -> None:
    s = scheduler(pages=3, swap_pages=4, policy=PROMPT.replace(asynchronous=True))
    s.add(Request(0, 5))
    s.add(Request(1, 4))
    for _ in range(steps):
        s.schedule()
    for number in (0, 1):
        s.cancel(number)
    assert s.kv.pool.used == 0
    assert s.kv.swapped_pages == 0
    assert s.schedule() is None


def test_quiet_iterations_formed_at_once_are_those_formed_one_by_one() -> None:
    one, many = scheduler(), scheduler()
    for s in (one, many):
        for number in range(3):
            s.add(Request(number, 2 + number))
        while s.quiet_steps() == 0:
            s.complete(formed(s))
    run = many.advance(9)
    assert run is not None
    batches = []
    for _ in range(9):
        batches.append(formed(one))
        one.complete(batches[-1])
    assert run.decode_context.tolist() == [b.decode_context for b in batches]
    assert run.pages_used.tolist() == [b.pages_used for b in batches]
    assert (run.last.index, run.last.decode_step) == (batches[-1].index, batches[-1].decode_step)
    assert [len(s.pages) for s in many.decoding] == [len(s.pages) for s in one.decoding]


def test_scheduler_needs_numpy_alone() -> None:
    code = (
        "import sys, llmserve.serving; "
        "print([m for m in ('torch', 'scipy', 'pandas', 'numba', 'ortools', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

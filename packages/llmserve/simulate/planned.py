"""Iteration times of a plan file: the same plan drives the simulator and, later, the engine."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from llmserve.simulate.pipeline_time import Mode, PipelineTime
from llmserve.simulate.setup import Setup
from schedcore.errors import InputError

if TYPE_CHECKING:
    from llmserve.plan.plan import Plan


def planned_time(time: PipelineTime, plan: Plan) -> PipelineTime:
    """``time`` with the shares and the period of ``plan``.

    What a stream costs the GEMMs is the share of its nano-operations times their durations, over their stand-alone
    times; on other batches than the plan's own the formula of :mod:`~llmserve.simulate.pipeline_time` is stretched so
    that on that one a layer lasts the period.  A plan that says that overlap does not pay is run sequentially.
    """
    if not plan.overlap:
        return time.replace(mode=Mode.SEQUENTIAL, pad_to=0)
    cost: dict[str, float] = {}
    speed: dict[str, float] = {}
    for stream in ("gemv", "network"):
        steps = [
            step
            for step in plan.steps()
            if step.stream == stream and not (stream == "gemv" and "prefill" in str(step.operation.role).lower())
        ]
        alone = sum(step.stand_alone_s for step in steps)
        held = sum(step.share * (step.end_s - step.start_s) for step in steps)
        lasted = sum(step.end_s - step.start_s for step in steps)
        cost[stream] = held / alone if alone else 0.0
        speed[stream] = min(1.0, alone / lasted) if lasted else 1.0
    overlapped = time.replace(
        mode=Mode.OVERLAP,
        gemv_cost=cost["gemv"],
        network_cost=cost["network"],
        gemv_speed=speed["gemv"],
        network_speed=speed["network"],
        pad_to=0,
        stretch=1.0,
    )
    c = plan.context
    prefill = c.dense_tokens - c.decode_tokens
    row = [c.decode_tokens], [prefill], [c.decode_tokens * c.decode_context], [prefill * c.prefill_context], [0]
    formula = float(overlapped.replace(other_s=0.0).seconds_many(*map(np.asarray, row))[0]) / time.layers
    return overlapped.replace(stretch=plan.period_s / formula, pad_to=c.dense_tokens)


def with_plan(setup: Setup, plan: Plan) -> Setup:
    """``setup`` running ``plan``: its times, and its dense batch as the budget.

    Raises
    ------
    InputError
        The plan was made for another deployment.
    """
    if plan.context.deployment != setup.deployment.name:
        raise InputError(
            f"the plan was made for {plan.context.deployment}, not for {setup.deployment.name}",
            where="plan",
            remedy="name the deployment of the plan, or make a plan for this one with sched solve",
        )
    policy = setup.policy.replace(token_budget=plan.context.dense_tokens)
    return dataclasses.replace(setup, policy=policy, time=planned_time(setup.time, plan))

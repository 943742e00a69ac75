"""Compiled: which placements may make room for what has been put aside."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc,untyped-decorator"

from __future__ import annotations

import numpy as np

from schedcore.executor.sgs.compiled import compiled
from schedcore.executor.sgs.place import FLAG_HOLDS
from schedcore.executor.sgs.tables import (
    CLOSES,
    CLOSES_PTR,
    DEMAND_PTR,
    DEMAND_RESOURCE,
    EFFECT_PTR,
    EFFECT_RESERVOIR,
    FLAGS,
    HOLD_TASK,
    KIND,
    MODE_PTR,
    OPENS,
    OPENS_PTR,
)


@compiled
def resource_parts(d):
    """A label per resource: resources that some task uses together have equal ones."""
    resources = d[KIND + 1] - d[KIND]
    label = np.arange(resources)
    tasks = d[MODE_PTR + 1] - d[MODE_PTR] - 1
    for t in range(tasks):
        root = -1
        for mode in range(d[d[MODE_PTR] + t], d[d[MODE_PTR] + t + 1]):
            for k in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
                root = join(label, root, d[d[DEMAND_RESOURCE] + k])
            for k in range(d[d[EFFECT_PTR] + mode], d[d[EFFECT_PTR] + mode + 1]):
                root = join(label, root, d[d[EFFECT_RESERVOIR] + k])
        if d[d[FLAGS] + FLAG_HOLDS]:
            for side in range(2):
                pointers = d[OPENS_PTR] if side == 0 else d[CLOSES_PTR]
                rows = d[OPENS] if side == 0 else d[CLOSES]
                for k in range(d[pointers + t], d[pointers + t + 1]):
                    mode = d[d[MODE_PTR] + d[d[HOLD_TASK] + d[rows + k]]]
                    for e in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
                        root = join(label, root, d[d[DEMAND_RESOURCE] + e])
                    for e in range(d[d[EFFECT_PTR] + mode], d[d[EFFECT_PTR] + mode + 1]):
                        root = join(label, root, d[d[EFFECT_RESERVOIR] + e])
    for r in range(resources):
        label[r] = root_of(label, r)
    return label


@compiled
def root_of(label, r):
    """Representative of a set, with path halving."""
    while label[r] != r:
        label[r] = label[label[r]]
        r = label[r]
    return r


@compiled
def join(label, root, r):
    """Unite the set of ``r`` with that of ``root`` (-1: none yet); returns the representative."""
    other = root_of(label, r)
    if root < 0:
        return other
    label[root_of(label, root)] = other
    return other


@compiled
def part_of(d, task, part):
    """The connected part of the resources that a task uses, the number of resources if it uses none."""
    for mode in range(d[d[MODE_PTR] + task], d[d[MODE_PTR] + task + 1]):
        if d[d[DEMAND_PTR] + mode] < d[d[DEMAND_PTR] + mode + 1]:
            return part[d[d[DEMAND_RESOURCE] + d[d[DEMAND_PTR] + mode]]]
        if d[d[EFFECT_PTR] + mode] < d[d[EFFECT_PTR] + mode + 1]:
            return part[d[d[EFFECT_RESERVOIR] + d[d[EFFECT_PTR] + mode]]]
    if d[d[FLAGS] + FLAG_HOLDS]:
        for side in range(2):
            pointers = d[OPENS_PTR] if side == 0 else d[CLOSES_PTR]
            rows = d[OPENS] if side == 0 else d[CLOSES]
            for k in range(d[pointers + task], d[pointers + task + 1]):
                mode = d[d[MODE_PTR] + d[d[HOLD_TASK] + d[rows + k]]]
                if d[d[DEMAND_PTR] + mode] < d[d[DEMAND_PTR] + mode + 1]:
                    return part[d[d[DEMAND_RESOURCE] + d[d[DEMAND_PTR] + mode]]]
    return len(part)


@compiled
def touch(d, task, mode, touched, stamp):
    """Mark the resources that a placement changes, with those of the holds that it opens or closes."""
    mark(d, mode, touched, stamp)
    if d[d[FLAGS] + FLAG_HOLDS]:
        for k in range(d[d[OPENS_PTR] + task], d[d[OPENS_PTR] + task + 1]):
            mark(d, d[d[MODE_PTR] + d[d[HOLD_TASK] + d[d[OPENS] + k]]], touched, stamp)
        for k in range(d[d[CLOSES_PTR] + task], d[d[CLOSES_PTR] + task + 1]):
            mark(d, d[d[MODE_PTR] + d[d[HOLD_TASK] + d[d[CLOSES] + k]]], touched, stamp)


@compiled
def mark(d, mode, touched, stamp):
    """Mark the resources of a mode."""
    for k in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
        touched[d[d[DEMAND_RESOURCE] + k]] = stamp
    for k in range(d[d[EFFECT_PTR] + mode], d[d[EFFECT_PTR] + mode + 1]):
        touched[d[d[EFFECT_RESERVOIR] + k]] = stamp


@compiled
def shares(d, task, touched, stamp):
    """Whether any mode of a task, or a hold that it opens or closes, uses a marked resource."""
    for mode in range(d[d[MODE_PTR] + task], d[d[MODE_PTR] + task + 1]):
        if uses(d, mode, touched, stamp):
            return True
    if d[d[FLAGS] + FLAG_HOLDS]:
        for k in range(d[d[OPENS_PTR] + task], d[d[OPENS_PTR] + task + 1]):
            if uses(d, d[d[MODE_PTR] + d[d[HOLD_TASK] + d[d[OPENS] + k]]], touched, stamp):
                return True
        for k in range(d[d[CLOSES_PTR] + task], d[d[CLOSES_PTR] + task + 1]):
            if uses(d, d[d[MODE_PTR] + d[d[HOLD_TASK] + d[d[CLOSES] + k]]], touched, stamp):
                return True
    return False


@compiled
def uses(d, mode, touched, stamp):
    """Whether a mode uses a marked resource."""
    for k in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
        if touched[d[d[DEMAND_RESOURCE] + k]] == stamp:
            return True
    for k in range(d[d[EFFECT_PTR] + mode], d[d[EFFECT_PTR] + mode + 1]):
        if touched[d[d[EFFECT_RESERVOIR] + k]] == stamp:
            return True
    return False

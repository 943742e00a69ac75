"""Our recipe for a learned dispatcher: features of the conflict set, a small network, compiled rollouts, training.

Nothing heavy is imported here; numba loads with :mod:`jssp.learn.ours.kernel`.
"""

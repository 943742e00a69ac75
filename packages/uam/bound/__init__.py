"""How good can a day be at best: upper bounds on the profit of every planner, clairvoyant ones too.

:func:`uam.bound.dual.dual_bound` is the one to use: seconds per day, on a fine grid.  :mod:`uam.bound.linear` is the
linear program of the same relaxation on HiGHS, with an integer version; :mod:`uam.bound.points` maps real days to its
feasible points; :class:`uam.bound.cache.BoundCache` keeps what was computed.
"""

"""Decision environments for job shops and everything that the core states as chains or DAGs on resources.

=========================  ===========================================================================
:mod:`~jssp.env.cp_model`  the generic constraint model: domains, propagation, fix, postpone, clone
:mod:`~jssp.env.cp_env`    decisions and observations over that model, for any problem that it reads
:mod:`~jssp.env.batch`     the closed form for job shops: thousands of rollouts at once
:mod:`~jssp.env.gym_env`   Gymnasium and vector interfaces
=========================  ===========================================================================

The first two define what a decision means, the third is proven equal to them by tests.  Nothing is imported here.
"""

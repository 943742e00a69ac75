"""The dispatcher of Tassel, Gebser and Schekotihin (ICAPS 2023): a small transformer that a CP solver teaches.

==============================================  ==================================================================
:mod:`~jssp.learn.paper.checkpoint`             the 2,442 parameters as arrays, with their provenance
:mod:`~jssp.learn.paper.forward`                the network compiled, for rollouts; needs no torch
:mod:`~jssp.learn.paper.network`                the network in torch, for training
:mod:`~jssp.learn.paper.oracle`                 completion of a half-built schedule by CP-SAT
:mod:`~jssp.learn.paper.samples`                cut, complete, compress, replay: the samples of one update
:mod:`~jssp.learn.paper.losses`                 the two clipped losses of one update
:mod:`~jssp.learn.paper.train`                  the loop, resumable
:mod:`~jssp.learn.paper.inference`              rollouts of a trained network
:mod:`~jssp.learn.paper.solver`                 the solver ``paper``: 32 temperatures, keep the best
==============================================  ==================================================================

Nothing is imported here.
"""

"""Adaptive search for parameters: a space of words, candidates, an objective, and the search with Ray Tune and Optuna."""

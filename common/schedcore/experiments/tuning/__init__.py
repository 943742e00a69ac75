"""Adaptive search for parameters: the space, the candidates, the objective, the search with Ray Tune and Optuna."""

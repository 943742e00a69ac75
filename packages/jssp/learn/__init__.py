"""Learned dispatchers."""

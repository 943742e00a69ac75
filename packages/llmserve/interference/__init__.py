"""What kernels cost each other when they run side by side: relative speed P as a function of the share R."""

from llmserve.interference.table import PAPER, PAPER_TEXT, REPOSITORY, Interference, find_interference

__all__ = ["PAPER", "PAPER_TEXT", "REPOSITORY", "Interference", "find_interference"]

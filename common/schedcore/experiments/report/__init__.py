"""Reports of runs: statistics, tables, charts, as HTML, Markdown, CSV and JSON."""

from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.from_store import read_run, run_data_of
from schedcore.experiments.report.render import FORMATS, analyses_of, results_data
from schedcore.experiments.report.run_data import RunData
from schedcore.experiments.report.write import FILES, WrittenReport, render, write_report

__all__ = [
    "FILES",
    "FORMATS",
    "Analysis",
    "RunData",
    "WrittenReport",
    "analyses_of",
    "read_run",
    "render",
    "results_data",
    "run_data_of",
    "write_report",
]

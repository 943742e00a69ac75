"""Pictures of schedules and of experiments.

Figures (PNG, SVG) come from matplotlib's object interface; it is imported when the first figure is
drawn, and neither pyplot nor any lasting global setting is touched.  The interactive page and the
trace file need no matplotlib.

>>> from schedcore.plot import plot_schedule
"""

from schedcore.plot.comparison import comparison_bars
from schedcore.plot.distribution import distribution
from schedcore.plot.gantt import gantt_by_resource, gantt_by_task
from schedcore.plot.incumbents import incumbent_trace
from schedcore.plot.interactive import InteractiveGantt, interactive_gantt
from schedcore.plot.output import KINDS, SUFFIXES, inline_svg, plot_schedule, save, to_png, to_svg
from schedcore.plot.palette import JOB_COLORS, color, method_colors
from schedcore.plot.perfetto import to_trace_events, trace_json
from schedcore.plot.performance_profile import performance_profile, profile_ratios
from schedcore.plot.profiles import reservoir_levels, resource_usage
from schedcore.plot.report_page import Cell, ReportPage

__all__ = [
    "JOB_COLORS",
    "KINDS",
    "SUFFIXES",
    "Cell",
    "InteractiveGantt",
    "ReportPage",
    "color",
    "comparison_bars",
    "distribution",
    "gantt_by_resource",
    "gantt_by_task",
    "incumbent_trace",
    "inline_svg",
    "interactive_gantt",
    "method_colors",
    "performance_profile",
    "plot_schedule",
    "profile_ratios",
    "reservoir_levels",
    "resource_usage",
    "save",
    "to_png",
    "to_svg",
    "to_trace_events",
    "trace_json",
]

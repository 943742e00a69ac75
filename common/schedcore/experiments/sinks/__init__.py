"""Trackers that results can be sent to, behind one small protocol."""

from schedcore.experiments.sinks.protocol import Sink, send_run
from schedcore.experiments.sinks.registry import SINKS, get_sink, sink_of_word
from schedcore.experiments.sinks.watching import SinkObserver

__all__ = ["SINKS", "Sink", "SinkObserver", "get_sink", "send_run", "sink_of_word"]

"""Packets of pairs: how long an attempt must be, applications that ask for packets, static and dynamic schedules."""

from qnet.packets.applications import Application, Attempts, random_applications
from qnet.packets.path_model import PathModel, chain_slots
from qnet.packets.result import PacketResult
from qnet.packets.scan_statistic import exact_probability, packet_probability, packet_slots
from qnet.packets.static_edf import simulate_static, static_table

__all__ = [
    "Application",
    "Attempts",
    "PacketResult",
    "PathModel",
    "chain_slots",
    "exact_probability",
    "packet_probability",
    "packet_slots",
    "random_applications",
    "simulate_static",
    "static_table",
]

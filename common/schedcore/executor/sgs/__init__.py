"""Schedule generation schemes: serial (inserts into earlier gaps) and parallel (chronological)."""

from schedcore.executor.sgs.cyclic import cyclic_sgs
from schedcore.executor.sgs.driver import Failure, ListScheduler, keys_of, order_keys, serial_sgs
from schedcore.executor.sgs.non_delay import KeyPolicy, parallel_sgs

__all__ = [
    "Failure",
    "KeyPolicy",
    "ListScheduler",
    "cyclic_sgs",
    "keys_of",
    "order_keys",
    "parallel_sgs",
    "serial_sgs",
]

"""Schedule generation schemes: serial (inserts into earlier gaps) and parallel (chronological)."""

from schedcore.executor.sgs.driver import Failure, ListScheduler, keys_of, order_keys, serial_sgs

__all__ = ["Failure", "ListScheduler", "keys_of", "order_keys", "serial_sgs"]

"""Who runs trials: this process, worker processes, or Ray, behind one protocol."""

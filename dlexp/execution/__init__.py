"""Which runs, in which process: the engine schedules, the records are files written by the worker."""

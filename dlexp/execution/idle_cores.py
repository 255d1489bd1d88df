"""Cores that the only run of a command leaves idle, and whether its model is large enough to use them."""

from dlexp import cores
from dlexp.training.job import Job

#: Multiplications of a forward pass over a batch from which two threads are faster than one. Measured on two cores:
#: steps of up to 34 million took as long or longer with two, those from 78 million on mostly a third less.
MANY = 50e6
#: The most threads that are named: more have not been measured.
MOST_NAMED = 4


def idle_cores(job: Job, multiplications: int) -> str:
    """The setting that would use idle cores, in a line; empty if none may train the run faster."""
    training, usable = job.experiment.training, cores.usable()
    step = multiplications * training.batch_size
    if step < MANY or usable < 2 or training.process_settings != (1, "cpu") or job.stand_in or job.repeats:
        return ""
    return (
        f"{job.experiment_label}: a single run uses 1 of {usable} cores; --set "
        f"training.threads={min(usable, MOST_NAMED)} may train it faster, as another experiment"
    )

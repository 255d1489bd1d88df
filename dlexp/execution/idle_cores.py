"""Cores that the only run of a command leaves idle, where it is large enough to be trained faster by several."""

from dlexp import cores
from dlexp.training.job import Job

#: Multiplications of a step, forward, from which two threads are faster than one. Measured on two cores: steps of up to
#: 34 million took as long or longer with two, those from 78 million on mostly a third less.
MANY = 50e6
#: The most threads that are named: more have not been measured.
MOST_NAMED = 4


def idle_cores(job: Job, multiplications: int) -> str:
    """What would use them, in a line; empty where nothing is to be gained."""
    training, usable = job.experiment.training, cores.usable()
    step = multiplications * training.batch_size
    if step < MANY or usable < 2 or training.of_process != (1, "cpu") or job.stand_in or job.repeats:
        return ""
    return (
        f"{job.experiment_label}: a single run uses 1 of {usable} cores; --set "
        f"training.threads={min(usable, MOST_NAMED)} trains it faster, as another experiment"
    )

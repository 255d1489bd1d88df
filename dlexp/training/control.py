"""Controls in a process of their own, which imports TensorFlow only there."""

from dlexp.training.controlled import Controlled
from dlexp.training.job import Candidate
from dlexp.training.threads import set_threads


def control(candidate: Candidate) -> Controlled:
    """Measure the controls of one experiment; imports TensorFlow, with the config's number of threads.

    Raises:
        UserError: The settings do not fit the data.
        DataError: The data cannot be had.
    """
    set_threads(*candidate.experiment.training.process_settings)
    from dlexp.training.controls import measure

    return measure(candidate)

"""`dlexp diff`: being written."""


def diff() -> None:
    """Being written."""
    raise NotImplementedError

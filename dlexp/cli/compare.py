"""`dlexp compare`: being written."""


def compare() -> None:
    """Being written."""
    raise NotImplementedError

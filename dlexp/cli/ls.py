"""`dlexp ls`: being written."""


def ls() -> None:
    """Being written."""
    raise NotImplementedError

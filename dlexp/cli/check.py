"""`dlexp check`: being written."""


def check() -> None:
    """Being written."""
    raise NotImplementedError

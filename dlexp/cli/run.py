"""`dlexp run`: being written."""


def run() -> None:
    """Being written."""
    raise NotImplementedError

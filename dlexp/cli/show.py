"""`dlexp show`: being written."""


def show() -> None:
    """Being written."""
    raise NotImplementedError

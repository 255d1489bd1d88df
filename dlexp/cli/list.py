"""`dlexp list`: being written."""


def list_components() -> None:
    """Being written."""
    raise NotImplementedError

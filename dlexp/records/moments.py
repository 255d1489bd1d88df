"""Times as people write them: `7d`, `yesterday`, `2026-11-01 12:00`; by the clock on the wall."""

import re
from datetime import datetime, time, timedelta

from dlexp.errors import UserError

_AGO = re.compile(r"(?P<n>\d+(?:\.\d+)?) ?(?P<unit>[smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAYS_AGO = {"today": 0, "yesterday": 1}
_FORMS = "30m, 12h, 7d, 2w (so long ago), today, yesterday, 2026-11-01 or '2026-11-01 12:00'"


def moment(text: str) -> datetime:
    """The time that a text says, with a time zone: so long ago, the beginning of a day, or a date in ISO format.

    Raises:
        UserError: It says none.
    """
    said = text.strip()
    now = datetime.now().astimezone()
    try:
        if ago := _AGO.fullmatch(said):
            return now - timedelta(**{_UNITS[ago["unit"]]: float(ago["n"])})
        if said in _DAYS_AGO:
            return datetime.combine(now.date() - timedelta(days=_DAYS_AGO[said]), time()).astimezone()
        return datetime.fromisoformat(said).astimezone()
    except OverflowError:
        raise UserError(f"{said!r} is too long ago for a date") from None
    except ValueError:
        raise UserError(f"expected a time, as {_FORMS}, given {said!r}") from None


def recorded_moment(iso: str) -> datetime | None:
    """A time as records have it; None if it is no time."""
    try:
        return datetime.fromisoformat(iso).astimezone()
    except (ValueError, OverflowError):
        return None

"""What the words of a column look like: numbers in another notation than the config's, and which key reads them."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dlexp.components.datasets.user.numerals import Notation, usual

#: Units that stand for a factor: a number with one and a number without one are not of the same scale.
FACTORS = frozenset(["k", "K", "M", "G", "B", "T", "bn", "mn", "Mio", "Mio.", "Mrd", "Mrd.", "Tsd", "Tsd."])
#: Letters before a number are a unit only if they are one of these: `A12` is a name.
_CURRENCIES = (
    "USD",
    "EUR",
    "GBP",
    "CHF",
    "JPY",
    "CNY",
    "INR",
    "CAD",
    "AUD",
    "US$",
    "R$",
    "A$",
    "C$",
    "Rs",
    "Rs.",
    "kr",
)
_BEFORE = frozenset([*_CURRENCIES, "ca.", "ca"])
#: Characters that are not seen, and raised digits, are no unit alone.
_NO_UNIT = ("Cc", "Cf", "No")
_SPACES = " \u00a0\u202f\u2009"
_WRITTEN = re.compile(
    rf"[+-]?\s?(?P<before>[^\d\s.,'’\"=()+#<>≤≥-]{{1,4}}\.?)?\s*[+-]?\s?"
    rf"(?P<body>[.,]?\d(?:[\d.,'’{_SPACES}]*\d)?)(?P<exponent>[eE][+-]?\d+)?"
    r"\s*(?P<after>[^\W\d_][^\W\d_./]{0,11}(?:/[^\W\d_]+)?[23²³]?\.?|[^\w\s.,:;+()|\"'/-]{1,2}[CF]?|\")?"
)
_DECADE = re.compile(r"(?:1[5-9]|20)\d0'?s")
_GROUPS = re.compile(rf"[1-9]\d{{0,2}}(?P<sign>[.,'’{_SPACES}])\d{{3}}(?:(?P=sign)\d{{3}})*|[1-9]\d?(?:,\d\d)+,\d{{3}}")
_NAMES = {",": "a comma", ".": "a dot", " ": "a space", "'": "an apostrophe"}
#: Letters are a unit if at least so many different numbers have them, and they are one of so few or so large a share.
_MIN_NUMBERS, _MAX_UNITS, _MIN_SHARE = 3, 3, 0.9


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a word says of the notation of its number."""

    decimal: str = ""
    thousands: str = ""
    either: str = ""
    """A sign before three digits that may be the one or the other."""
    before: str = ""
    after: str = ""

    @property
    def unit(self) -> str:
        """The unit, if there is one."""
        return self.before or self.after


def written(word: str) -> Written | None:
    """How a word writes a number; None if it looks like no number."""
    found = _WRITTEN.fullmatch(usual(word))
    if found is None or _DECADE.fullmatch(word):
        return None
    before, body, after = found["before"] or "", found["body"], found["after"] or ""
    if (before and after) or (before.isalpha() and before not in _BEFORE):
        return None
    if any(unicodedata.category(each) in _NO_UNIT for each in f"{before}{after if len(after) == 1 else ''}"):
        return None
    signs = [each for each in body if not each.isdecimal()]
    signs = [" " if each in _SPACES else "'" if each == "’" else each for each in signs]
    grouped = _GROUPS.fullmatch(body)
    last = signs[-1] if signs else ""
    if not signs:
        return Written(before=before, after=after)
    if len(set(signs)) > 1:
        whole = body[: max(body.rfind(","), body.rfind("."))]
        if last not in ",." or signs.count(last) > 1 or not _GROUPS.fullmatch(whole):
            return None
        return Written(decimal=last, thousands=signs[0], before=before, after=after)
    if len(signs) > 1 or last in " '":
        return Written(thousands=last, before=before, after=after) if grouped else None
    if grouped and not found["exponent"]:
        return Written(either=last, before=before, after=after)
    return Written(decimal=last, before=before, after=after)


@dataclass(frozen=True)
class Seeming:
    """The words of a column that look like numbers, and what reads them."""

    words: Sequence[str]
    notation: Notation
    """One that reads them, as far as they say."""
    doubt: str
    """Why no notation reads them for sure: the sign that may stand between thousands or before decimals, `mixed` signs,
    different `units`, or `factors`; empty if one does."""

    @property
    def described(self) -> str:
        """What they are."""
        if self.doubt == "mixed":
            return "numbers in more than one notation"
        if self.doubt == "units":
            return f"numbers with different units ({', '.join(self.notation.units)})"
        if self.doubt == "factors":
            return f"numbers, some with a factor ({', '.join(self.notation.units)})"
        if self.doubt:
            name = _NAMES[self.doubt]
            return f"numbers with {name} before three digits, which may separate thousands or decimals"
        signs = [f"{_NAMES[self.notation.decimal]} before decimals"] if self.notation.decimal == "," else []
        signs += [f"{_NAMES[self.notation.thousands]} between thousands"] if self.notation.thousands else []
        signs += [f"a unit ({', '.join(self.notation.units)})"] if self.notation.units else []
        return f"numbers with {' and '.join(signs)}" if signs else "numbers"

    def advice(self, configured: Notation) -> str:
        """What to type, or to do."""
        if self.doubt == "mixed":
            return "write them alike"
        if self.doubt in ("units", "factors"):
            return "write them in one unit, without factors"
        if self.doubt:
            units = f", with {keys}" if (keys := self.keys(configured)) else ""
            return f'say which: dataset.thousands: "{self.doubt}" or dataset.decimal: "{self.doubt}"{units}'
        return f"read them by {keys}" if (keys := self.keys(configured)) else ""

    def keys(self, configured: Notation) -> str:
        """What to add to a config."""
        keys = []
        if self.notation.decimal != configured.decimal:
            keys.append(f'dataset.decimal: "{self.notation.decimal}"')
        if self.notation.thousands and self.notation.thousands != configured.thousands:
            keys.append(f'dataset.thousands: "{self.notation.thousands}"')
        if set(self.notation.units) - set(configured.units):
            units = ", ".join(_typed(unit) for unit in dict.fromkeys([*configured.units, *self.notation.units]))
            keys.append(f"dataset.units: [{units}]")
        return " and ".join(keys)


def _typed(unit: str) -> str:
    return f"'{unit}'" if '"' in unit else f'"{unit}"'


def seeming(words: Sequence[str], configured: Notation) -> Seeming | None:
    """What the words of a column that the configured notation does not read look like; None if like no numbers."""
    forms = {word: form for word in words if (form := written(word)) is not None}
    units = Counter(form.unit for form in forms.values() if form.unit)
    known = {unit for unit in units if unit in configured.units or _is_unit(unit, units)}
    forms = {word: form for word, form in forms.items() if not form.unit or form.unit in known}
    if not forms:
        return None
    decimals, thousands, doubt = _signs(list(forms.values()), configured)
    with_units = {form.unit for form in forms.values()}
    if not doubt and with_units & FACTORS and len(with_units) > 1:
        doubt = "factors"
    elif not doubt and len(with_units - {""}) > 1:
        doubt = "units"
    opposite = {",": ".", ".": ","}.get(min(thousands, default=""), configured.decimal)
    units_found = tuple(sorted(with_units - {""}))
    return Seeming(
        list(forms), Notation(min(decimals, default=opposite), min(thousands, default=None), units_found), doubt
    )


def _signs(forms: Sequence[Written], configured: Notation) -> tuple[set[str], set[str], str]:
    """The signs before decimals, those between thousands, and why they cannot be told; see `Seeming.doubt`."""
    decimals = {form.decimal for form in forms} - {""}
    thousands = {form.thousands for form in forms} - {""}
    eithers = {form.either for form in forms} - {""}
    for sign in sorted(eithers):
        other = "." if sign == "," else ","
        if sign in decimals or other in thousands or thousands & set(" '"):
            decimals.add(sign)
        elif sign in thousands or other in decimals or configured.decimal == other == ",":
            thousands.add(sign)
        elif sign == configured.decimal:
            decimals.add(sign)
        elif len(eithers) == 1:
            return decimals, thousands, sign
    is_mixed = len(decimals) > 1 or len(thousands) > 1 or bool(decimals & thousands) or len(eithers) > 1
    return decimals, thousands, "mixed" if is_mixed else ""


def _is_unit(unit: str, units: Mapping[str, int]) -> bool:
    """Whether what stands beside a number is a unit, and not part of a name such as 12A."""
    if not unit.isalpha() or unit in _BEFORE:
        return True
    if unit in FACTORS:
        alike = sum(units[factor] for factor in FACTORS)
        return alike >= max(_MIN_NUMBERS, _MIN_SHARE * sum(units.values()))
    n_letters = sum(each.isalpha() for each in units)
    is_one_of_few = n_letters <= _MAX_UNITS and not (len(unit) == 1 and unit.isupper())
    return units[unit] >= _MIN_NUMBERS and (is_one_of_few or units[unit] >= _MIN_SHARE * sum(units.values()))

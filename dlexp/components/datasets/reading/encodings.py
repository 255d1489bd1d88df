"""Which characters the bytes of a file are, and which encoding fits where they are none."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from dlexp.errors import DataError

UTF_8 = "utf-8"
#: How much is decoded at a time, in bytes.
CHUNK = 1 << 17
#: The longest ones first: the mark of UTF-32 begins with that of UTF-16.
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
MARK_BYTES = max(map(len, _BYTE_ORDER_MARKS))
#: What is tried on bytes that are no UTF-8: the letters that make it likely, and those that may stand among them.
_LIKELY = {
    "shift_jis": (("HIRAGANA", "KATAKANA"), ("CJK", "IDEOGRAPHIC", "FULLWIDTH")),
    "euc_jp": (("HIRAGANA", "KATAKANA"), ("CJK", "IDEOGRAPHIC", "FULLWIDTH")),
    "euc_kr": (("HANGUL",), ("IDEOGRAPHIC", "FULLWIDTH")),
    "gb18030": (("CJK",), ("IDEOGRAPHIC", "FULLWIDTH")),
    "cp1251": (("CYRILLIC",), ()),
    "koi8_r": (("CYRILLIC",), ()),
    "cp1253": (("GREEK",), ()),
    "cp1252": (("LATIN",), ()),
    "cp1250": (("LATIN",), ()),
    "mac_roman": (("LATIN",), ()),
    "cp850": (("LATIN",), ()),
}
#: Signs that Western texts have beside letters: quotation marks, dashes, degrees, currencies.
_WESTERN_SIGNS = "‘’“”„‚–—…«»°ºª€£§·×²³½¼¾¿¡®©±µ\xa0"
#: So many bytes on both sides of one that is not decoded are looked at.
_AROUND = 60
#: So many groups of characters beside ASCII are looked at, and this share of them has to fit.
N_LOOKED_AT, MOSTLY = 5000, 0.9


def is_known(name: str) -> bool:
    """Whether Python has an encoding of this name for texts."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return bool(getattr(found, "_is_text_encoding", True)) and found.name not in ("undefined", "idna", "punycode")


def by_mark(beginning: bytes, said: str) -> str:
    """The encoding that the byte order mark at the beginning of a file names; without one, what the config says."""
    return next((name for mark, name in _BYTE_ORDER_MARKS.items() if beginning.startswith(mark)), said)


def decoded(beginning: bytes, file: IO[bytes], encoding: str) -> Iterator[str]:
    """The text of a file, of which the beginning was read already, in pieces; raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder(encoding)()
    content = beginning + file.read(CHUNK)
    while content:
        yield decoder.decode(content)
        content = file.read(CHUNK)
    yield decoder.decode(b"", final=True)


def refused(path: Path, content: bytes, said: str) -> DataError:
    """Which byte of a file, in which line, is no character, and the key that reads it."""
    encoding = by_mark(content, said)
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        start = error.start
    except UnicodeError:  # Of codecs that do not say where.
        start = 0
    else:
        start = len(content)
    line = len(content[:start].splitlines() or [b""]) + content[:start].endswith((b"\n", b"\r"))
    place = f"{path}: line {line}, byte {start + 1} of the file"
    found = f"0x{content[start]:02x} is no {encoding.upper()}" if start < len(content) else "cut within a character"
    return DataError(f"{place}: {found}; {_advice(content, start, encoding)}")


def _advice(content: bytes, start: int, encoding: str) -> str:
    """The key that reads a file, if another encoding fits, with a word as it reads it."""
    if encoding == UTF_8 and (wide := wide_encoding(content)):
        return f"see dataset.file_encoding: {wide}"
    if encoding == UTF_8 and _has_utf_8(content):
        return "other characters of the file are UTF-8, so this place is damaged, or was written by another program"
    for name, (letters, beside) in _LIKELY.items():
        if name != encoding and _is_likely(content, name, letters, beside):
            return f"see dataset.file_encoding: {name}, which reads {_word(content, start, name)!r}"
    return "see dataset.file_encoding, or convert the file to UTF-8"


def wide_encoding(content: bytes) -> str:
    """UTF-16 without its byte order mark, if every other byte is 0 in most of a text; else nothing."""
    sample = content[: CHUNK // 2 * 2]
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(sample) > 1 and sample[first::2].count(0) > 0.8 * (len(sample) // 2) > sample[1 - first :: 2].count(0):
            return name
    return ""


def misread(content: bytes, encoding: str) -> str:
    """What a text in UTF-8 becomes under the encoding that the config says; nothing if it is no UTF-8."""
    if content.isascii() or by_mark(content, ""):
        return ""
    try:
        text = content.decode(UTF_8)
    except UnicodeDecodeError:
        return ""
    word = next(word for word in re.findall(r"\w+|\W", text) if not word.isascii())
    try:
        return f"{word!r} in UTF-8, is read as {word.encode(UTF_8).decode(encoding)!r}"
    except UnicodeError:
        return ""


def _is_likely(content: bytes, name: str, letters: tuple[str, ...], beside: tuple[str, ...]) -> bool:
    """Whether an encoding makes such letters, or signs of texts, of nearly all bytes beside ASCII.

    Latin letters with accents stand among ASCII ones; those of other scripts among themselves, capitals at the front.
    """
    try:
        text = content.decode(name)
    except UnicodeDecodeError:
        return False
    if "\0" in text:  # Which no text has.
        return False
    found = list(islice(re.finditer(r"[^\x00-\x7f]+", text), N_LOOKED_AT))
    names = [(each, unicodedata.name(each, "")) for group in found for each in group[0]]
    n_letters = sum(of.startswith(letters) for _, of in names)
    n_right = n_letters + sum(of.startswith(beside) or each in _WESTERN_SIGNS for each, of in names)
    if not names or n_letters < len(names) / 3 or n_right < MOSTLY * len(names):
        return False
    before = [text[each.start() - 1] if each.start() else " " for each in found]
    if letters == ("LATIN",):
        return sum(a.islower() and each[0].isupper() for a, each in zip(before, found, strict=True)) < len(found) / 5
    n_capital = sum(any(map(str.isupper, each[0][1:])) for each in found)
    return max(sum(map(str.isalpha, before)), n_capital) < len(found) / 5


def _has_utf_8(content: bytes) -> bool:
    """Whether most characters beside ASCII are UTF-8."""
    text = content.decode(UTF_8, errors="replace")
    n_wrong = text.count("\ufffd")
    n_right = sum(not each.isascii() for each in text) - n_wrong if not content.isascii() else 0
    return n_right > 2 * n_wrong


def _word(content: bytes, start: int, name: str) -> str:
    """The word at a place, as an encoding reads it."""
    head = content[max(0, start - _AROUND) : start].decode(name, errors="ignore")
    tail = content[start : start + _AROUND].decode(name, errors="ignore")
    before, behind = re.search(r"\w*$", head), re.match(r"\w+", tail)
    return (before[0] if before else "") + (behind[0] if behind else tail[:1])

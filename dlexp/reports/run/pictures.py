"""Recorded pictures in characters: a shade of ink for each part of one."""

import struct
import zlib
from collections.abc import Sequence

from dlexp.components.pictures import MAX_SIDE

#: From the darkest to the brightest; in ASCII the console has a sign for each.
SHADES = " ░▒▓█"
#: So many lines high at most; a character is twice as high as it is wide.
MAX_ROWS = 12
#: The edge of a larger picture is left out where it is all of one brightness.
_SMALL = 16
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: PNG's numbers for pixels of one byte and of three, with what the eye sees of each colour (ITU-R BT.601).
_COLOURS = {0: (1.0,), 2: (0.299, 0.587, 0.114)}

Pixels = Sequence[Sequence[float]]


def read(png: bytes) -> Pixels:
    """The brightness of each pixel of a picture as runs record it, from 0 to 255.

    Raises:
        ValueError: It is no such PNG.
    """
    try:
        chunks = dict(_chunks(png))
        width, height, depth, kind, *others = struct.unpack(">2I5B", chunks[b"IHDR"])
        weights = _COLOURS[kind]
        if max(height, width) > MAX_SIDE:
            raise ValueError("a larger picture than runs record")
        length, packed = width * len(weights), zlib.decompressobj()
        rows = packed.decompress(chunks[b"IDAT"], height * (length + 1) + 1)
    except (struct.error, KeyError, zlib.error) as error:
        raise ValueError("no PNG as runs record it") from error
    if depth != 8 or any(others) or len(rows) != height * (length + 1) or any(rows[:: length + 1]) or not rows:
        raise ValueError("no PNG as runs record it")
    starts = range(1, len(rows), length + 1)
    return [
        [
            sum(weight * x for weight, x in zip(weights, rows[at : at + len(weights)], strict=True))
            for at in range(start, start + length, len(weights))
        ]
        for start in starts
    ]


def _chunks(png: bytes) -> Sequence[tuple[bytes, bytes]]:
    """The parts of a file by their kinds."""
    if not png.startswith(_SIGNATURE):
        raise ValueError("no PNG")
    found, at = [], len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += length + 12  # With the length before it and the check sum behind it.
    return found


def drawn(pixels: Pixels, max_width: int) -> list[str]:
    """The picture as lines of one width, `max_width` at most: the brighter a place, the more of it is filled."""
    if max(len(pixels), len(pixels[0])) > _SMALL:
        pixels = _cropped(pixels)
    height, width = len(pixels), len(pixels[0])
    # Two characters for a pixel that is twice as wide then, or one for two pixels, or for more.
    scale = min(2.0, max_width / width, 2 * MAX_ROWS / height)
    scale = scale if scale == 2 else min(scale, 1.0)
    rows, columns = max(1, round(height * scale / 2)), max(1, int(width * scale))
    means = [[_mean(pixels, i, rows, j, columns) for j in range(columns)] for i in range(rows)]
    brightest = max(map(max, means)) or 1
    return ["".join(SHADES[round(mean / brightest * (len(SHADES) - 1))] for mean in row) for row in means]


def _mean(pixels: Pixels, row: int, n_rows: int, column: int, n_columns: int) -> float:
    """The mean brightness behind a character."""
    rows = pixels[slice(*_span(row, n_rows, len(pixels)))]
    left, right = _span(column, n_columns, len(pixels[0]))
    return sum(sum(each[left:right]) for each in rows) / (len(rows) * (right - left))


def _span(i: int, n: int, length: int) -> tuple[int, int]:
    """The i-th of n parts of equal length, at least one pixel."""
    start = i * length // n
    return start, max(start + 1, (i + 1) * length // n)


def _cropped(pixels: Pixels) -> Pixels:
    """Without edges that are all as bright as the first corner."""
    edge = pixels[0][0]
    rows = [i for i, row in enumerate(pixels) if any(x != edge for x in row)]
    columns = [j for j in range(len(pixels[0])) if any(row[j] != edge for row in pixels)]
    if not rows:
        return pixels
    return [row[columns[0] : columns[-1] + 1] for row in pixels[rows[0] : rows[-1] + 1]]

"""Pictures in characters: what is read back, and how large it is drawn."""

import io

import matplotlib.image
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dlexp.components.pictures import Picture
from dlexp.reports.run.pictures import MAX_ROWS, SHADES, drawn, read

SIDES = st.integers(1, 40)


@given(st.tuples(SIDES, SIDES).flatmap(lambda sides: arrays(np.uint8, sides)))
def test_grey_pixels_are_read_back(pixels: np.ndarray) -> None:
    """As they were recorded."""
    assert read(Picture(pixels, "").png()) == pixels.tolist()


def test_colours_are_as_bright_as_they_look() -> None:
    """White is the brightest, green brighter than blue."""
    colours = np.array([[[255, 255, 255], [0, 255, 0], [0, 0, 255], [0, 0, 0]]], np.uint8)
    (row,) = read(Picture(colours, "").png())

    assert row[0] == pytest.approx(255)
    assert row[0] > row[1] > row[2] > row[3] == 0


def test_what_runs_do_not_record_is_refused() -> None:
    """Another PNG, half of one, one with more rows than it says, and what is none."""
    other = io.BytesIO()
    matplotlib.image.imsave(other, np.zeros((4, 4)), format="png")
    own = Picture(np.zeros((4, 4), np.uint8), "").png()
    taller = own.replace(b"\0\0\0\4\0\0\0\4", b"\0\0\0\4\0\0\0\1")
    huge = own.replace(b"\0\0\0\4\0\0\0\4", b"\xff" * 8)
    with pytest.raises(ValueError, match="larger"):
        read(huge)
    for file in (other.getvalue(), own[:40], taller, b"", b"GIF89a", own.replace(b"IDAT", b"JDAT")):
        with pytest.raises(ValueError, match="no PNG"):
            read(file)


def test_a_digit_is_two_characters_wide_for_a_pixel() -> None:
    """A small picture keeps its form: characters are twice as high as wide."""
    assert drawn([[0.0, 255.0], [127.5, 60.0]], 24) == ["  ██", "▒▒░░"]


def test_the_empty_edge_of_a_larger_picture_is_left_out() -> None:
    """MNIST's digits fill 20 of 28 pixels: one character for two of them then."""
    pixels = np.zeros((28, 28))
    pixels[4:24, 5:23] = 255

    assert drawn(pixels.tolist(), 24) == ["█" * 18] * 10
    assert drawn(np.zeros((28, 28)).tolist(), 24) == [" " * 24] * 12


@given(st.tuples(st.integers(1, 128), st.integers(1, 128)), st.integers(1, 60))
def test_any_picture_fits(sides: tuple[int, int], width: int) -> None:
    """Lines of one width, no more of them than fit a page; only shades of ink."""
    lines = drawn(np.random.default_rng(0).integers(0, 256, sides).tolist(), width)

    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= width
    assert len(lines) <= MAX_ROWS
    assert set("".join(lines)) <= set(SHADES)

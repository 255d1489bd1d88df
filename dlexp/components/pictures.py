"""Examples that are pictures, for the eye."""

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import numpy as np

#: Larger pictures are shown by every second, third, ... pixel.
MAX_SIDE = 128
#: Arrays of fewer rows or columns are tables.
MIN_SIDE = 4
#: PNG's numbers for pixels of one byte and of three.
_GREY, _RGB = 0, 2


@dataclass(frozen=True)
class Picture:
    """Pixels of one byte, `(height, width)`, or of three colours, `(height, width, 3)`."""

    pixels: "np.ndarray[Any, np.dtype[np.uint8]]"
    described: str
    """`28 x 28 picture`, by its real size."""

    @classmethod
    def of(cls, values: "np.ndarray[Any, Any]", brightest: float) -> Self:
        """A picture whose numbers go from 0, black, to `brightest`; what lies outside is cut."""
        import numpy as np

        height, width = values.shape[:2]
        step = -(-max(height, width) // MAX_SIDE)
        small = values[::step, ::step].astype(np.float64)
        pixels = np.clip(small * (255 / brightest), 0, 255).round().astype(np.uint8)
        return cls(pixels, f"{height} x {width} picture")

    def png(self) -> bytes:
        """The picture as a PNG file (ISO/IEC 15948): a header, the packed rows, an end."""
        height, width = self.pixels.shape[:2]
        header = struct.pack(">2I5B", width, height, 8, _GREY if self.pixels.ndim == 2 else _RGB, 0, 0, 0)
        # Each row follows the number of its filter, 0 for none.
        rows = b"".join(b"\0" + row.tobytes() for row in self.pixels)
        file = b"\x89PNG\r\n\x1a\n"
        for kind, content in ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")):
            file += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        return file


def are_pictures(shape: tuple[int, ...]) -> bool:
    """Whether an example of this shape is a picture: of two sides, and a number or three colours per pixel."""
    sides, colours = shape[:2], shape[2:]
    return len(sides) == 2 and min(sides) >= MIN_SIDE and colours in ((), (1,), (3,))


def pictures(examples: "np.ndarray[Any, Any]") -> list[Picture]:
    """Those of arrays `(n, height, width)` or `(n, height, width, colours)`; their numbers go to 255, or else to 1."""
    brightest = 255.0 if examples.dtype == "uint8" or examples.max(initial=0) > 1 else 1.0
    squeezed = examples[..., 0] if examples.ndim == 4 and examples.shape[-1] == 1 else examples
    return [Picture.of(each, brightest) for each in squeezed]

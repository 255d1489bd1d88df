"""Files as a broken download, disk or hand leaves them: cut, flipped, empty, foreign."""

import random
from collections.abc import Iterator

#: What other formats begin with.
MAGIC = (
    *(b"\x1f\x8b\x08\0", b"BZh9", b"\xfd7zXZ\0", b"PK\x03\x04", b"\x28\xb5\x2f\xfd"),
    *(b"PAR1", b"\x93NUMPY\x01\0", b"\0" * 64),
)


def damaged(content: bytes, flips: int = 24, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """What became of a file's content, with a name for each.

    Args:
        content: The whole file.
        flips: How many single bytes are changed, at random places.
        seed: Of the random places and values.
    """
    n = len(content)
    yield "empty", b""
    for stop in sorted({1, 3, 10, n // 10, n // 4, n // 2, 3 * n // 4, 9 * n // 10, n - 8, n - 1} - {0, n}):
        yield f"cut to {stop}", content[:stop]
    for magic in MAGIC:
        yield f"begins with {magic[:6]!r}", magic + content[len(magic) :]
        yield f"nothing but {magic[:6]!r}", magic
    yield "twice", content + content
    yield "ends in garbage", content + bytes(range(256))
    yield "its middle is zeros", content[: n // 3] + bytes(n // 3) + content[n // 3 + n // 3 :]
    drawn = random.Random(seed)
    for _ in range(flips):
        at, value = drawn.randrange(n), drawn.randrange(1, 256)
        yield f"byte {at} changed by {value}", content[:at] + bytes([content[at] ^ value]) + content[at + 1 :]

"""Reads pickles of arrays with random changes, and prints what came of them: `python mutated_pickles.py NUMBER SEED`.

A process of its own: what the reader has to withstand would end it.
"""

import pickle
import random
import resource
import sys
from collections import Counter

import numpy as np
from archives import ragged

from dlexp.components.datasets.reading import pickles

VALUES = (
    ragged([[1, 2, 300], [], [70_000], ["a", b"x", 2.5]]),
    np.arange(6).reshape(2, 3),
    np.array(["ab", "c"]),
    ragged([[np.int64(1), np.float32(2)], [np.bool_(True)]]),
    {"data": np.arange(3, dtype=np.uint8), "labels": [1, 2]},
)
PICKLED = [pickle.dumps(value, protocol) for value in VALUES for protocol in range(5)]


def mutated(rng: random.Random) -> bytes:
    """A pickle with up to six changes: bytes replaced, put in, left out, or taken from another pickle."""
    content = bytearray(rng.choice(PICKLED))
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(content) + 1)
        match rng.randrange(4):
            case 0:
                content[place : place + 1] = bytes([rng.choice((rng.randrange(256), rng.choice(content or b".")))])
            case 1:
                content[place:place] = bytes(rng.choice(content or b".") for _ in range(rng.randint(1, 4)))
            case 2:
                del content[place : place + rng.randint(1, 5)]
            case 3:
                other = rng.choice(PICKLED)
                start = rng.randrange(len(other))
                content[place:place] = other[start : start + rng.randint(1, 40)]
    return bytes(content)


def main(number: int, seed: int) -> None:
    """Count what is read and what is refused; what is read is looked at in full."""
    resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))
    rng, found = random.Random(seed), Counter[str]()
    for _ in range(number):
        content = mutated(rng)
        try:
            value = pickles.load(content, rng.choice(("ASCII", "bytes")))
        except Exception:
            found["refused"] += 1
        else:
            found["read"] += 1
            repr(value)
    print(*(f"{found[what]} {what}" for what in ("refused", "read")))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

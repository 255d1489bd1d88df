"""Products of sparse rows against scipy's operators."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from dlexp.layers.sparse import ALIGNMENT, product, transposed_product


@pytest.mark.parametrize("shape", [(5, 7), (1, 3), (64, 1)], ids=str)
@pytest.mark.parametrize("units", [1, 3, 16])
def test_products_are_those_of_scipy(shape: tuple[int, int], units: int) -> None:
    """Both are `rows @ dense` and `rows.T @ dense` to the bit, in memory that TensorFlow takes as it is."""
    generator = np.random.default_rng(0)
    rows = csr_array(random_array(shape, density=0.4, rng=generator, dtype=np.float32))
    kernel = generator.normal(size=(shape[1], units)).astype(np.float32)
    upstream = generator.normal(size=(shape[0], units)).astype(np.float32)

    forward, backward = product(rows, kernel), transposed_product(rows, upstream)

    assert forward.tobytes() == (rows @ kernel).tobytes()
    assert backward.tobytes() == (rows.T @ upstream).tobytes()
    assert forward.ctypes.data % ALIGNMENT == backward.ctypes.data % ALIGNMENT == 0

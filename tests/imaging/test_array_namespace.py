import numpy as np
import pytest

from hdrbatch.imaging.array_namespace import as_like


@pytest.mark.parametrize("number", [2, 2.0, np.float64(2), np.float32(2), np.asarray(2.0)])
def test_a_number_of_any_kind_becomes_a_python_float(number, to_array):
    """NumPy 2 would let a NumPy float64 turn a float32 picture into float64."""
    picture = to_array(np.ones(3, np.float32))
    value = as_like(number, picture)
    assert type(value) is float
    assert (picture * value).dtype == picture.dtype


def test_an_array_gets_library_and_dtype_of_the_other(to_array):
    picture = to_array(np.ones((2, 3), np.float32))
    values = as_like(np.asarray([[1.0], [2.0]]), picture)
    assert type(values) is type(picture)
    assert values.dtype == picture.dtype
    np.testing.assert_array_equal(np.asarray(picture * values), [[1, 1, 1], [2, 2, 2]])

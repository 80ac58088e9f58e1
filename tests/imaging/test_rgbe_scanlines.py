"""The three encodings of a Radiance scanline."""

import numpy as np
import pytest

from hdrbatch.imaging.rgbe_scanlines import decode_scanlines


def test_runs_of_the_new_encoding_are_expanded():
    line = (
        bytes([2, 2, 0, 10])
        + bytes([128 + 10, 7])
        + bytes([3, 1, 2, 3, 128 + 7, 4])
        + bytes([10, *range(10)])
        + bytes([128 + 4, 9, 128 + 6, 8])
    )
    decoded = decode_scanlines(b"head" + line * 2, 4, 2, 10)
    assert decoded.shape == (2, 10, 4)
    np.testing.assert_array_equal(decoded[1, :, 0], [7] * 10)
    np.testing.assert_array_equal(decoded[1, :, 1], [1, 2, 3] + [4] * 7)
    np.testing.assert_array_equal(decoded[1, :, 2], range(10))
    np.testing.assert_array_equal(decoded[1, :, 3], [9] * 4 + [8] * 6)


def test_runs_of_the_old_encoding_are_expanded_and_longer_ones_have_two_counts():
    first, second = bytes([10, 20, 30, 128]), bytes([40, 50, 60, 129])
    run = bytes([1, 1, 1, 3])
    long_run = bytes([1, 1, 1, 2]) + bytes([1, 1, 1, 1])  # 2 + 256
    data = first + run + second + long_run
    decoded = decode_scanlines(data, 0, 1, 4 + 1 + 258)
    assert decoded[0, :4].tolist() == [list(first)] * 4
    assert decoded[0, 4:].tolist() == [list(second)] * 259


def test_plain_pixels_are_read_even_if_they_look_like_another_encoding():
    plain = np.random.default_rng(0).integers(0, 256, (3, 8, 4), np.uint8)
    plain[..., 0] = 2
    plain[0, 0] = (2, 2, 1, 8)  # states another length
    np.testing.assert_array_equal(decode_scanlines(plain.tobytes(), 0, 3, 8), plain)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bytes([2, 2, 0, 10]) + bytes([128 + 11, 7]) * 4, "a run is longer than its scanline"),
        (bytes([2, 2, 0, 10]) + bytes([0, 7]) * 4, "a run of length 0"),
        (bytes([2, 2, 0, 10]) + bytes([128 + 10, 7]) * 3, "truncated"),
        (bytes([1, 1, 1, 3]) * 4, "has nothing before it"),
        (bytes([9, 9, 9, 9, 1, 1, 1, 200]), "a run is longer"),
        (bytes([9, 9, 9, 9]), "truncated"),
        (b"", "truncated"),
    ],
)
def test_damaged_scanlines_are_rejected(data, reason):
    with pytest.raises(ValueError, match=reason):
        decode_scanlines(data, 0, 1, 10)

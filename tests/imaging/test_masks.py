"""Every pixel is clipped, seen or dark, by the photographs that see most of it."""

import numpy as np

from hdrbatch.imaging.masks import DARK_BELOW, input_masks


def flat(value):
    return np.full((4, 4, 3), value, np.float32)


def test_every_pixel_is_in_exactly_one_mask():
    rng = np.random.default_rng(0)
    photos = [np.rint(np.clip(rng.normal(0.5, 0.6, (30, 40, 3)), 0, 1) * 255) / 255 for _ in range(3)]
    masks = input_masks(photos, [1.0, 0.25, 4.0])
    assert np.all(masks.clipped.astype(int) + masks.mid + masks.dark == 1)
    assert min(masks.clipped.sum(), masks.mid.sum(), masks.dark.sum()) > 0


def test_a_pixel_is_clipped_where_the_shortest_photograph_is_in_any_channel():
    short, long = flat(0.5), flat(1.0)
    short[0, 0, 2] = 1.0
    masks = input_masks([long, short], [4.0, 1.0])
    assert masks.clipped[0, 0]
    assert masks.clipped.sum() == 1
    assert masks.mid.sum() == 15


def test_a_pixel_is_dark_where_the_longest_photograph_is():
    short, long = flat(0.0), flat(0.5)
    long[1, 1] = DARK_BELOW / 2
    # A saturated blue has little luminance although its signal is strong.
    long[2, 2] = (0.0, 0.0, 0.3)
    masks = input_masks([short, long], [1.0, 4.0])
    assert masks.dark[1, 1]
    assert masks.dark[2, 2] == (DARK_BELOW > 0.0722 * 0.3)
    assert masks.clipped.sum() == 0


def test_clipped_pixels_count_as_clipped_even_if_dark():
    photo = flat(0.0)
    photo[0, 0, 2] = 1.0
    masks = input_masks([photo], [1.0])
    assert masks.clipped[0, 0]
    assert not masks.dark[0, 0]

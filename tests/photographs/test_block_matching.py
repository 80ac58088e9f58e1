import cv2
import numpy as np
import pytest

from hdrbatch.photographs.block_matching import levels, movement

SIZE = (360, 480)


def clouds(seed=0, height=SIZE[0], width=SIZE[1]):
    rng = np.random.default_rng(seed)
    layers = [cv2.GaussianBlur(rng.normal(size=(height, width)), (0, 0), sigma) for sigma in (2, 6, 20)]
    picture = sum(layer / layer.std() for layer in layers)
    return np.clip(np.round(110 + 30 * picture), 0, 255).astype(np.uint8)


def moved(picture, right, down, degrees=0.0, zoom=1.0):
    """The photograph that has this movement: it is shifted, turned and scaled back."""
    matrix = cv2.getRotationMatrix2D(
        ((picture.shape[1] - 1) / 2, (picture.shape[0] - 1) / 2), degrees, 1 / zoom
    )
    matrix[:, 2] -= (right, down)
    return cv2.warpAffine(picture, matrix, picture.shape[::-1], borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize(
    ("right", "down", "size"),
    [
        (0, 0, SIZE),
        (5, -7, (120, 160)),
        (5, -7, SIZE),
        (-30, 30, SIZE),
        (12.4, -3.3, SIZE),
        (12.4, 83.3, (900, 1700)),
    ],
)
def test_a_shift_is_found_to_a_fraction_of_a_pixel(right, down, size):
    picture = clouds(0, *size)
    found = movement(levels(picture), levels(moved(picture, right, down)))
    assert (found.right, found.down) == pytest.approx((right, down), abs=0.5)
    assert (found.turn, found.zoom) == pytest.approx((0, 0), abs=0.002)


@pytest.mark.parametrize("degrees", [-2, -0.5, 1])
def test_a_rotation_is_measured(degrees):
    picture = clouds()
    found = movement(levels(picture), levels(moved(picture, 6, -4, degrees)))
    assert np.degrees(found.turn) == pytest.approx(degrees, abs=0.1)
    assert (found.right, found.down) == pytest.approx((6, -4), abs=1)


def test_a_difference_of_scale_is_measured():
    picture = clouds()
    assert movement(levels(picture), levels(moved(picture, 0, 0, zoom=1.02))).zoom == pytest.approx(
        0.02, abs=0.003
    )


def test_clipping_and_noise_do_not_matter():
    picture = clouds().astype(float)
    noise = np.random.default_rng(1).normal(0, 1, SIZE)
    dark = np.clip(np.round(picture / 16 + noise), 0, 255).astype(np.uint8)
    bright = np.clip(np.round(3 * moved(picture, 9, 4)), 0, 255).astype(np.uint8)
    found = movement(levels(bright), levels(dark))
    assert (found.right, found.down) == pytest.approx((-9, -4), abs=0.7)


def flat(size=SIZE):
    return np.full(size, 90, np.uint8)


def stripes(period):
    return np.tile(
        np.where(np.arange(SIZE[1]) % period < period // 2, 60, 180).astype(np.uint8), (SIZE[0], 1)
    )


def tiles(period):
    rows = np.where(np.arange(SIZE[0]) % period < period // 2, 60, 180).astype(np.uint8)
    return np.minimum(stripes(period), rows[:, None])


UNCERTAIN = {
    "flat": (flat(), flat()),
    "another scene": (clouds(0), clouds(1)),
    "mirrored": (clouds(), clouds()[:, ::-1]),
    "too far": (clouds(), np.roll(clouds(), 60, axis=1)),
    "noise": tuple(np.random.default_rng(seed).integers(0, 4, SIZE).astype(np.uint8) for seed in (0, 1)),
    "stripes, which do not say how far they moved along": (stripes(24), np.roll(stripes(24), 5, axis=1)),
    "repeating tiles": (tiles(24), np.roll(tiles(24), 5, axis=1)),
    "small repeating tiles": (tiles(8), np.roll(tiles(8), 3, axis=1)),
    "too small": (clouds(0, 63, 200), clouds(0, 63, 200)),
    "a pixel": (flat((1, 1)), flat((1, 1))),
}


@pytest.mark.parametrize("what", UNCERTAIN)
def test_what_is_uncertain_is_not_confirmed(what):
    first, second = UNCERTAIN[what]
    assert movement(levels(first), levels(np.ascontiguousarray(second))) is None

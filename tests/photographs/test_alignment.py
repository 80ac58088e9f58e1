import cv2
import numpy as np
import pytest

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.response import SrgbResponse, parse_response
from hdrbatch.imaging.sensor import Sensor, normal_noise, photograph
from hdrbatch.photographs.alignment import Alignment, align
from tests.bench.alignment import SHARED, bracket, trial

MARGIN = 40
HEIGHT, WIDTH = 200, 260


def handheld(exposures, offsets, seed=0):
    """Photographs of clouds, each shifted by (right, down)."""
    rng = np.random.default_rng(seed)
    size = (HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN, 3)
    clouds = sum(side * cv2.GaussianBlur(rng.normal(size=size), (0, 0), side) for side in (2, 6, 20))
    radiance = np.exp2(2.5 * clouds / clouds.std() - 2).astype(np.float32)
    photos = []
    for exposure, (right, down) in zip(exposures, offsets, strict=True):
        seen = radiance[MARGIN + down :, MARGIN + right :][:HEIGHT, :WIDTH]
        noise = normal_noise(seen.shape, rng)
        photos.append(photograph(seen, exposure, Sensor(), parse_response("srgb"), *noise))
    return photos


@pytest.mark.parametrize("exposures", [[1 / 8, 1, 8], [1, 1 / 4, 4], [4, 1, 1 / 4]])
def test_a_moved_bracket_is_aligned_with_its_middle_photograph(exposures):
    offsets = [(0, 0), (5, -7), (-6, 3)]
    photos = handheld(exposures, offsets)
    found = align(photos, "abc")
    middle = offsets[exposures.index(sorted(exposures)[1])]
    assert found.shifts == tuple((right - middle[0], down - middle[1]) for right, down in offsets)
    assert found.warnings == ()


@pytest.mark.parametrize("exposures", [[1 / 256, 1 / 32], [16, 2]])
def test_photographs_that_are_mostly_black_or_mostly_clipped_are_aligned(exposures):
    photos = handheld(exposures, [(0, 0), (5, -7)])
    assert not 8 / 255 < np.median(photos[0]) < 247 / 255
    found = align(photos, "ab")
    assert found.warnings == ()
    assert np.subtract(*found.shifts).tolist() == [-5, 7]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_codes_are_aligned_as_floats_are(dtype):
    photos = handheld([1 / 4, 1, 4], [(0, 0), (5, -7), (-6, 3)])
    codes = [np.round(photo * np.iinfo(dtype).max).astype(dtype) for photo in photos]
    assert align(codes, "abc") == align(photos, "abc")


def test_cropped_photographs_show_the_same_place():
    offsets = [(0, 0), (5, -7), (-6, 3)]
    photos = handheld([1, 1, 1], offsets)
    cut = Alignment(tuple(offsets), WIDTH, HEIGHT).apply(photos)
    assert {photo.shape for photo in cut} == {(HEIGHT - 10, WIDTH - 11, 3)}
    still = handheld([1, 1, 1], [(0, 0)] * 3)
    for photo in cut:
        # Only the noise differs.
        assert np.abs(photo - still[0][3 : HEIGHT - 7, 5 : WIDTH - 6]).mean() < 0.01
        assert photo.base is not None


def test_another_scene_is_named_and_not_shifted():
    first, other = handheld([1, 4], [(0, 0)] * 2)[0], handheld([1, 4], [(0, 0)] * 2, seed=1)[1]
    found = align([first, other], ["first.jpg", "other.jpg"])
    assert found.shifts == ((0, 0), (0, 0))
    (warning,) = found.warnings
    assert warning.startswith("other.jpg could not be aligned with first.jpg (too little in common); omit it")


def test_an_implausibly_large_shift_is_not_applied():
    found = align(handheld([1, 2], [(0, 0), (35, 0)]), "ab")
    assert found.shifts == ((0, 0), (0, 0))
    assert len(found.warnings) == 1


@pytest.mark.parametrize("size", [(1, 1), (5, 5), (63, 200), (100, 100)])
def test_small_and_flat_pictures_are_named_and_do_not_crash(size):
    flat = [np.full((*size, 3), value, np.float32) for value in (0.0, 0.5, 1.0)]
    found = align(flat, "abc")
    assert found.shifts == ((0, 0),) * 3
    assert len(found.warnings) == 2


def test_one_photograph_is_aligned_with_itself():
    found = align(handheld([1], [(0, 0)]), "a")
    assert (found.shifts, found.crop, found.warnings) == (((0, 0),), (0, 0, WIDTH, HEIGHT), ())


def test_photographs_of_two_sizes_are_rejected():
    with pytest.raises(PhotoError, match=r"b\.jpg is 20x10 pixels and a\.jpg 10x10; .* must have one size"):
        align([np.zeros((10, 10, 3), np.float32), np.zeros((10, 20, 3), np.float32)], ["a.jpg", "b.jpg"])


@pytest.mark.parametrize("kind", ["uint16, linear", "float32, linear", "uint16, sRGB", "uint8, sRGB"])
def test_linear_photographs_align_as_well_as_encoded_ones(kind):
    rng = np.random.default_rng(4)
    layers = [cv2.GaussianBlur(rng.normal(size=(300, 400)), (0, 0), sigma) for sigma in (2, 6, 18)]
    radiance = 0.1 * np.exp2(2.5 * sum(layer / layer.std() for layer in layers) / 3)
    moves = {-6: (2, 3), -4: (-3, 1), -2: (4, -3), 0: (0, 0), 2: (-5, 2)}
    photos = []
    for ev, (right, down) in moves.items():
        seen = radiance[20 + down : 280 + down, 20 + right : 380 + right] * 2.0**ev
        signal = np.clip(seen + rng.normal(0, 0.0003, seen.shape), 0, 1)[..., None].repeat(3, axis=2)
        value = SrgbResponse().apply(signal) if kind.endswith("sRGB") else signal
        dtype = kind.partition(",")[0]
        top = 1 if dtype == "float32" else np.iinfo(dtype).max
        photos.append((value if top == 1 else np.rint(value * top)).astype(dtype))
    alignment = align(photos, [str(ev) for ev in moves])
    # Shifts are those of the photograph of middle brightness, at -2 EV.
    found = [(right + 4, down - 3) for right, down in alignment.shifts]
    np.testing.assert_allclose(found, list(moves.values()), atol=1)
    assert alignment.warnings == ()


def rotated(photo, degrees):
    height, width = photo.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
    return cv2.warpAffine(photo, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("degrees", [-1, 1])
@pytest.mark.parametrize("exposure", [1 / 32, 1 / 4, 4])
def test_a_rotated_photograph_is_named(exposure, degrees):
    photos = handheld([1, exposure], [(0, 0), (5, -7)])
    turned = int(exposure > 1)
    assert align(photos, "ab").warnings == ()
    photos[turned] = rotated(photos[turned], degrees)
    found = align(photos, "ab")
    (warning,) = found.warnings
    assert "rotated by 1.0 degrees" in warning
    assert "omit it if the result shows double edges" in warning


def test_rotations_add_up_along_the_bracket():
    photos = handheld([1 / 16, 1 / 4, 1, 4], [(0, 0)] * 4)
    turned = [photos[0], photos[1], rotated(photos[2], 1), rotated(photos[3], 1)]
    assert [warning[0] for warning in align(turned, "abcd").warnings] == ["c", "d"]


def test_a_photograph_beyond_another_scene_is_aligned_without_it():
    photos = handheld([1 / 4, 1, 4, 8], [(0, 0), (5, -7), (-6, 3), (2, 2)])
    photos[2] = handheld([4], [(0, 0)], seed=1)[0]
    found = align(photos, "abcd")
    assert [warning[0] for warning in found.warnings] == ["c"]
    assert np.subtract(found.shifts[3], found.shifts[1]).tolist() == [-3, 9]


def test_what_depends_on_another_scene_alone_is_named_too():
    mine = handheld([1 / 2, 1], [(0, 0)] * 2)
    other = handheld([4, 8], [(0, 0), (3, 4)], seed=1)
    found = align([*mine, *other], "abcd")
    assert [warning[0] for warning in found.warnings] == ["c", "d"]


@pytest.mark.parametrize("displacement", [0.01, 0.03])
@pytest.mark.parametrize("name", ["real/frobisher", "brackets/lamps"])
def test_a_real_bracket_is_never_wrong_without_a_word(name, displacement):
    folder = SHARED / name
    if not folder.exists():
        pytest.skip(f"there is no {folder}")
    photos = bracket(folder)
    names = [f"{index}.jpg" for index in range(len(photos))]
    num_named = num_wrong = 0
    for draw in range(3):
        one = trial(folder.name, photos, displacement, 0, np.random.default_rng(draw))
        found = align(one.photos, names)
        named = [any(warning.startswith(place) for warning in found.warnings) for place in names]
        wrong = one.are_wrong(found.shifts)
        assert not np.any(wrong & ~np.array(named))
        num_named += sum(named)
        num_wrong += int(wrong.sum())
    # The darkest photograph by lamplight has a mean code of 0.9.
    assert max(num_wrong, num_named) <= (3 if "lamps" in name else 0)

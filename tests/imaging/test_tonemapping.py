import numpy as np
import pytest

from hdrbatch.errors import UserError
from hdrbatch.imaging.tonemapping import preview

OPERATORS = ["gamma", "reinhard", "drago", "mantiuk"]


@pytest.fixture
def twenty_stops() -> np.ndarray:
    """A ramp of 20 stops with structure, a sun, and a corner without light."""
    ramp = np.exp2(np.linspace(-14, 6, 320))[None, :, None]
    structure = np.exp2(np.random.default_rng(0).normal(0, 0.5, (160, 320, 1)))
    radiance = np.repeat((ramp * structure), 3, axis=2).astype(np.float32)
    radiance[:6, :6] = 1e6
    radiance[-10:, :10] = 0.0
    return radiance


@pytest.mark.parametrize("operator", OPERATORS)
def test_twenty_stops_show_neither_black_nor_white(twenty_stops, operator):
    shown = preview(twenty_stops, operator)
    assert shown.dtype == np.uint8
    assert shown.shape == twenty_stops.shape
    assert 40 < shown.mean() < 200
    assert np.mean(shown == 0) < 0.2
    assert np.mean(shown == 255) < 0.5
    assert np.ptp(np.percentile(shown, [5, 95])) > 50


@pytest.mark.parametrize("operator", ["gamma", "reinhard", "drago"])
def test_a_global_operator_keeps_the_order_of_tones(operator):
    ramp = np.repeat(np.exp2(np.linspace(-8, 8, 64))[None, :, None], 3, axis=2).astype(np.float32)
    shown = preview(np.repeat(ramp, 32, axis=0), operator)[0, :, 0].astype(int)
    assert np.all(np.diff(shown) >= 0)
    assert shown[-1] == 255


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_the_unit_of_radiance_does_not_matter(twenty_stops, operator, unit):
    plain = preview(twenty_stops, operator).astype(int)
    scaled = preview(twenty_stops * np.float32(unit), operator).astype(int)
    assert np.mean(np.abs(plain - scaled)) < 1


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_sun_changes_nothing_elsewhere(twenty_stops, operator):
    with_sun = twenty_stops.copy()
    with_sun[80:83, 100:103] = [1e6, 5e5, 1e30]
    change = np.abs(preview(with_sun, operator).astype(int) - preview(twenty_stops, operator))
    change[70:93, 90:113] = 0
    # Mantiuk's operator works on local contrast over all scales and spreads a little.
    assert np.mean(change) < (12 if operator == "mantiuk" else 2)


def test_a_little_numerical_dust_does_not_move_the_exposure(twenty_stops):
    dusty = twenty_stops.copy()
    dusty[:2, 100:300] = 1e-30
    change = preview(dusty, "gamma")[3:].astype(int) - preview(twenty_stops, "gamma")[3:]
    assert np.mean(np.abs(change)) < 1.5


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("shape", [(1, 9, 3), (9, 1, 3), (2, 300, 3), (16, 16, 3), (17, 301, 3)])
def test_thin_pictures_are_shown(operator, shape):
    shown = preview(np.random.default_rng(0).lognormal(0, 2, shape).astype(np.float32), operator)
    assert 40 < shown.mean() < 200


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("shape", [(32, 40, 3), (1, 1, 3), (1, 9, 3), (17, 33, 3)])
@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, np.nan, np.inf, 3e38, 1e-40])
def test_a_picture_of_one_extreme_value_is_shown(operator, value, shape):
    shown = preview(np.full(shape, value, np.float32), operator)
    expected_visible = np.isfinite(value) and value > 0
    assert (shown.mean() > 50) == expected_visible
    assert shown.max() < 200


@pytest.mark.parametrize("operator", OPERATORS)
def test_invalid_pixels_among_good_ones_stay_where_they_are(twenty_stops, operator):
    broken = twenty_stops.copy()
    broken[50, 50], broken[60, 60], broken[70, 70] = np.nan, np.inf, -1e9
    shown = preview(broken, operator)
    assert 40 < shown.mean() < 200
    assert shown[60, 60].min() == 255


def test_grey_is_shown_as_middle_grey():
    shown = preview(np.full((16, 16, 3), 123.0, np.float32), "gamma")
    assert np.all(shown == round(0.18 ** (1 / 2.2) * 255))


@pytest.mark.parametrize("operator", ["gamma", "reinhard", "drago"])
def test_blocks_show_what_the_whole_shows(twenty_stops, operator, monkeypatch):
    whole = preview(twenty_stops, operator)
    monkeypatch.setattr("hdrbatch.imaging.tonemapping.BLOCK_PIXELS", 7 * 320)
    np.testing.assert_array_equal(preview(twenty_stops, operator), whole)


@pytest.mark.parametrize("operator", OPERATORS)
def test_statistics_of_a_part_of_the_pixels_change_little(twenty_stops, operator, monkeypatch):
    whole = preview(twenty_stops, operator).astype(int)
    monkeypatch.setattr("hdrbatch.imaging.tonemapping.SAMPLE_PIXELS", 160 * 320 / 9)
    change = np.abs(preview(twenty_stops, operator).astype(int) - whole)
    assert 0 < np.mean(change) < 4


@pytest.mark.parametrize(
    ("shape", "shown"), [((90, 120), (30, 40)), ((16, 1200), (16, 300)), ((20, 40), (20, 40))]
)
def test_mantiuk_reduces_a_large_picture(shape, shown, monkeypatch):
    monkeypatch.setattr("hdrbatch.imaging.tonemapping.MANTIUK_PIXELS", 1200)
    radiance = np.random.default_rng(0).lognormal(0, 2, (*shape, 3)).astype(np.float32)
    assert preview(radiance, "mantiuk").shape == (*shown, 3)
    assert preview(radiance, "drago").shape == (*shape, 3)


def test_drago_shows_white_as_white_and_the_log_average_as_its_formula_says():
    """Drago 2003, equation 4: at L = 1 and a white of 1000 log-averages 0.1794 of the display's light."""
    radiance = np.ones((100, 100, 3), np.float32)
    radiance[0, :11] = 1000.0
    shown = preview(radiance, "drago")
    assert shown[0, 0].min() == 255
    share = 1e-3 ** (np.log(0.85) / np.log(0.5))
    expected = np.log(2) / np.log(2 + 8 * share) / np.log10(1001)
    assert shown[50, 50, 0] == pytest.approx(255 * expected ** (1 / 2.2), abs=1)


def test_an_unknown_operator_is_rejected():
    with pytest.raises(UserError, match="'hable' is not known; use reinhard, gamma, drago, mantiuk"):
        preview(np.ones((16, 16, 3), np.float32), "hable")
    with pytest.raises(UserError, match=r"a picture of shape \(0, 4, 3\) cannot be shown"):
        preview(np.ones((0, 4, 3), np.float32))

import numpy as np
import pytest

from hdrbatch.errors import UserError
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.tabulated import TabulatedResponse


def tabulated(name, num_samples=4096):
    """A known curve as a table, with dense samples near black, where powers are steep."""
    linear = np.linspace(0, 1, num_samples) ** 3
    return TabulatedResponse("measured", linear, parse_response(name).apply(linear))


@pytest.mark.parametrize("name", ["srgb", "gamma:2.2", "sigmoid:0.9,0.6"])
def test_a_table_gives_what_the_curve_it_was_made_of_gives(name, to_array):
    values = np.linspace(0, 1, 3003, dtype=np.float32).reshape(3, 1, 1001)
    table, curve = tabulated(name), parse_response(name)
    encoded, linear = table.apply(to_array(values)), table.invert(to_array(values))
    assert np.asarray(encoded).dtype == np.asarray(linear).dtype == np.float32
    assert encoded.shape == linear.shape == values.shape
    np.testing.assert_allclose(np.asarray(encoded), curve.apply(values), atol=2e-6)
    np.testing.assert_allclose(np.asarray(linear), curve.invert(values), atol=2e-6)


def test_inverting_a_table_undoes_it_at_steep_and_level_ends(to_array):
    levelling = TabulatedResponse("bent", np.array([0, 0.001, 0.5, 1]), np.array([0, 0.4, 0.999, 1]))
    linear = np.linspace(0, 1, 1001, dtype=np.float32)
    back = np.asarray(levelling.invert(levelling.apply(to_array(linear))))
    # One step of float32 near white, carried back through the slope of the level end.
    np.testing.assert_allclose(back, linear, atol=6e-8 * 500)
    np.testing.assert_allclose(back[:400], linear[:400], rtol=1e-4)


def test_samples_that_are_equal_in_float32_do_no_harm(to_array):
    level = TabulatedResponse("level", np.array([0, 0.5, 0.75, 1]), np.array([0, 1 - 2e-12, 1 - 1e-12, 1]))
    ends = to_array(np.asarray([0.0, 1.0], np.float32))
    np.testing.assert_array_equal(np.asarray(level.invert(ends)), [0, 1])
    np.testing.assert_array_equal(np.asarray(level.apply(ends)), [0, 1])


def test_a_table_clips_what_is_outside(to_array):
    outside = to_array(np.asarray([-1.0, np.inf], np.float32))
    np.testing.assert_array_equal(np.asarray(tabulated("srgb").apply(outside)), [0, 1])


def test_a_table_takes_numbers_without_axes_and_views_of_any_stride(to_array):
    table = tabulated("srgb")
    assert float(table.apply(np.asarray(0.18))) == pytest.approx(0.461356, abs=1e-5)
    picture = np.linspace(0, 1, 60, dtype=np.float32).reshape(4, 5, 3)
    turned = to_array(picture).swapaxes(0, 1)[::2]
    assert table.apply(turned).shape == turned.shape


def test_tables_are_equal_where_their_samples_are():
    assert tabulated("srgb") == tabulated("srgb")
    assert tabulated("srgb") != tabulated("gamma:2")
    assert len({tabulated("srgb"), tabulated("srgb"), tabulated("gamma:2")}) == 2
    assert tabulated("srgb") != parse_response("srgb")


@pytest.mark.parametrize(
    ("linear", "encoded", "words"),
    [
        ([0, 0.5, 0.5, 1], [0, 0.2, 0.4, 1], "linear samples do not rise throughout"),
        ([0, 0.5, 1], [0, 1.2, 1], "encoded samples do not rise throughout"),
        ([0, 0.5, 1], [0.1, 0.5, 1], "encoded samples do not go from 0 to 1"),
        ([0, 0.5, 1], [0, 1], "3 linear and 2 encoded samples"),
        ([0, np.nan, 1], [0, 0.5, 1], "linear samples do not rise throughout"),
    ],
)
def test_samples_that_are_not_a_curve_are_rejected(linear, encoded, words):
    with pytest.raises(UserError, match=f"response curve mine: .*{words}"):
        TabulatedResponse("mine", np.asarray(linear), np.asarray(encoded))


def test_the_samples_of_a_table_cannot_be_changed():
    samples = np.array([0, 0.5, 1])
    table = TabulatedResponse("mine", samples, samples)
    samples[1] = 0.7
    assert table.linear[1] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        table.linear[1] = 0.6


@pytest.mark.parametrize("num_samples", [2, 3, 256, 1024])
def test_evenly_spaced_samples_give_what_a_search_among_them_gives(num_samples, to_array):
    even = np.linspace(0, 1, num_samples)
    curve = TabulatedResponse("even", even**2.2, even)
    values = np.concatenate([even, np.linspace(0, 1, 4001), [-1, 2]]).astype(np.float32)
    expected = np.interp(np.clip(values, 0, 1), even, even**2.2)
    np.testing.assert_allclose(np.asarray(curve.invert(to_array(values))), expected, atol=3e-7)


@pytest.mark.parametrize("direction", ["apply", "invert"])
def test_nan_stays_nan(direction, to_array):
    even = np.linspace(0, 1, 256)
    values = getattr(TabulatedResponse("even", even**2.2, even), direction)(
        to_array(np.asarray([np.nan, 1.0]))
    )
    np.testing.assert_array_equal(np.asarray(values), [np.nan, 1.0])

import numpy as np
import pytest

pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.scenes.kit.photometry import luminance_of, temperature_color


def test_a_black_body_of_2856_k_has_the_colour_of_illuminant_a_and_luminance_1():
    # x 0.44757, y 0.40745 in linear Rec.709
    color = temperature_color(2856.0)
    np.testing.assert_allclose(color, (1.845, 0.826, 0.233), atol=0.01)
    assert luminance_of(color) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("kelvin", [2222.0, 4000.0])
def test_the_pieces_of_the_black_body_curve_meet(kelvin):
    below, above = temperature_color(kelvin - 0.5), temperature_color(kelvin + 0.5)
    np.testing.assert_allclose(below, above, atol=0.02)

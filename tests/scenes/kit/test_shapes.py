# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.scenes.kit.shapes import smoothed


def test_a_smoothed_profile_passes_through_its_points():
    points = [(0.0, 0.0), (0.3, 0.1), (0.2, 0.5), (0.25, 1.0)]
    curve = smoothed(points, steps=5)
    np.testing.assert_allclose(curve[::5], points, atol=1e-12)
    assert len(curve) == 16

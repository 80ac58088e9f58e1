# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
from math import hypot

import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.session import open_empty_scene
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shapes import Place
from hdrbatch.scenes.props.arrangement import Prop, arrange


def test_things_stand_apart_on_the_surface_and_leave_free_what_is_taken():
    open_empty_scene()
    stood = []
    kind = Prop(
        "peg", lambda place, size, _: stood.append((place.x, place.y, 0.5 * size)), (0.05, 0.1), 0.5, 1.0
    )
    names = arrange(
        Place(0, 0), (0.4, 0.3), (kind,), 12, part_rng("test", 0, "pegs"), keep_clear=[(0.0, 0.0, 0.2)]
    )
    assert names == ["peg"] * len(stood)
    assert len(stood) > 6
    for i, (x, y, reach) in enumerate(stood):
        assert abs(x) + reach <= 0.4
        assert abs(y) + reach <= 0.3
        assert hypot(x, y) >= reach + 0.2
        assert all(hypot(x - u, y - v) >= reach + other for u, v, other in stood[:i])

# ruff: noqa: E402 - what needs bpy is imported once it is known to be there

import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.errors import RenderError
from hdrbatch.scenes.build import build_scene
from hdrbatch.scenes.families.interior import _plan_room
from hdrbatch.scenes.kit.materials import plain
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shapes import box


def test_a_room_is_lit_from_its_window_alone(tmp_path):
    """With the window walled up and the lamps out, nothing comes through walls, floor or ceiling."""
    build_scene("interior", 0)
    plan = _plan_room(part_rng("interior", 0, "room"))
    wall = plan.window_wall.at(0, 0.3)
    box(wall, (plan.window.width + 0.4, 0.05, plan.room.height), plain("Board", (0.5, 0.5, 0.5)), bevel=0.0)
    for thing in bpy.data.objects:
        glows = any(slot.name.startswith("Lit shade") for slot in thing.material_slots)
        if glows or thing.name.startswith(("Bulb", "Downlight", "Panel")):
            thing.hide_render = True
    with pytest.raises(RenderError, match="black"):
        render_image(RenderSettings(32, 24, num_threads=2), 8, tmp_path)

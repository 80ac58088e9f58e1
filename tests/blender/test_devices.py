# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender import devices
from hdrbatch.blender.devices import use_device
from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.errors import UserError


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(devices, "_gpus", lambda preferences, kind: [])


@pytest.mark.parametrize("device", ["optix", "cuda", "hip", "oneapi"])
def test_a_device_that_is_not_there_is_an_error_and_not_a_render_on_the_cpu(
    device, furnace, no_gpu, tmp_path
):
    with pytest.raises(UserError, match=rf"render.device is '{device}'.*it finds no GPU"):
        use_device(bpy.context.scene, device)
    with pytest.raises(UserError, match="finds no such device here"):
        render_image(RenderSettings(16, 12, device=device), 1, tmp_path)


def test_another_kind_of_device_is_named(furnace, monkeypatch):
    monkeypatch.setattr(devices, "_gpus", lambda preferences, kind: ["card"] if kind == "HIP" else [])
    with pytest.raises(UserError, match="available: hip"):
        use_device(bpy.context.scene, "cuda")


def test_blender_can_be_asked_for_every_kind(furnace):
    preferences = bpy.context.preferences.addons["cycles"].preferences
    for kind in ("OPTIX", "CUDA", "HIP", "ONEAPI"):
        assert isinstance(devices._gpus(preferences, kind), list)


def test_the_cpu_is_taken_whatever_a_file_says(furnace):
    bpy.context.scene.cycles.device = "GPU"
    use_device(bpy.context.scene, "cpu")
    assert bpy.context.scene.cycles.device == "CPU"

"""Views of captured light, a tenth of each clipped, and none of it used by a scene."""

import numpy as np
import pytest

from hdrbatch.blender import panoramas
from hdrbatch.blender.panoramas import RESERVED_PANORAMAS, reserved_panoramas
from hdrbatch.errors import UserError
from hdrbatch.evaluation.captured_light import VIEWS_DEG, captured_scenes
from hdrbatch.imaging.candidates import clipped
from hdrbatch.imaging.exr import write_exr
from hdrbatch.specs.variant import InputSpec


@pytest.fixture
def panorama(tmp_path):
    """Smooth light over 12 stops all around, with its own brightness in every direction."""
    rows, columns = np.mgrid[:128, :256] / 128 * np.pi
    stops = 6 * np.sin(columns) * np.sin(rows) + 3 * np.cos(5 * columns) * np.sin(3 * rows)
    path = tmp_path / "field.exr"
    write_exr(path, np.exp2(stops[..., None] + [0.3, 0.0, -0.3]).astype(np.float32))
    return path


def test_a_tenth_of_the_pixels_clips_in_the_middle_photograph_of_every_view(panorama):
    scenes = list(captured_scenes({"field": panorama}, InputSpec(ev=(-5, -3, 1))))
    assert len(scenes) == len(VIEWS_DEG) == 17
    assert scenes[0].id == "field-01"
    for scene in scenes:
        assert scene.ev == (-2.0, 0.0, 4.0)
        lost = [np.any(clipped(photo), axis=-1).mean() for photo in scene.photos]
        assert lost[1] == pytest.approx(0.1, abs=0.02)
        assert lost[0] < lost[1] < lost[2]
        assert scene.reference_ev0.max() > 1.1
        assert scene.reference_ev0.shape == (192, 256, 3)


def test_the_reference_is_in_units_of_the_middle_photograph(panorama):
    scene = next(captured_scenes({"field": panorama}, InputSpec(ev=(0.0,))))
    (photo,) = scene.photos
    in_range = (photo > 0.3) & (photo < 0.9)
    np.testing.assert_allclose(scene.curve.invert(photo)[in_range], scene.reference_ev0[in_range], rtol=0.1)


def test_views_of_one_panorama_have_one_origin(panorama):
    found = list(captured_scenes({"mine": panorama, "other": panorama}, InputSpec()))
    assert [scene.origin for scene in found] == ["mine"] * 17 + ["other"] * 17


def test_the_same_views_get_the_same_noise(panorama):
    first, second = (next(captured_scenes({"field": panorama}, InputSpec(ev=(0.0,)))) for _ in range(2))
    np.testing.assert_array_equal(first.photos[0], second.photos[0])


def test_a_panorama_without_light_is_named(tmp_path):
    path = tmp_path / "black.exr"
    write_exr(path, np.zeros((16, 32, 3), np.float32))
    with pytest.raises(UserError, match=r"black.exr: it holds no light at all"):
        next(captured_scenes({"black": path}, InputSpec()))


@pytest.mark.render
def test_the_reserved_panoramas_ship_with_blender_and_light_no_scene():
    from hdrbatch.scenes.kit.environment_map import SHIPPED_SCALES

    assert tuple(reserved_panoramas()) == RESERVED_PANORAMAS
    assert not set(RESERVED_PANORAMAS) & set(SHIPPED_SCALES)


def test_scene_families_get_at_shipped_panoramas_only_by_the_table_of_scales(package_sources):
    sources = package_sources("scenes")
    users = {path.name for path, text in sources.items() if "studio_light_world" in text}
    assert users == {
        path.name
        for path, text in sources.items()
        if "studio_light_world" in text and "SHIPPED_SCALES" in text
    }
    assert "tabletop.py" in users
    assert not any("shipped_panoramas" in text for text in sources.values())


def test_without_blender_the_error_states_what_to_do(monkeypatch):
    monkeypatch.setattr(panoramas, "find_spec", lambda name: None)
    wanted = r"pip install 'hdrbatch\[render\]'.* or use your own panoramas with --panorama FILE"
    with pytest.raises(UserError, match=wanted):
        reserved_panoramas()


@pytest.fixture
def package_sources():
    from pathlib import Path

    import hdrbatch

    def sources(part):
        root = Path(hdrbatch.__file__).parent / part
        return {path: path.read_text() for path in root.rglob("*.py")}

    return sources

"""The layout as the training codes for Kalantari's set read it, with a reader of its own for the test."""

import re

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hdrbatch.errors import MissingInputError, UserError
from hdrbatch.export.kalantari import noise_seed, rgbe_rounded
from hdrbatch.imaging.exr import read_exr, write_exr
from hdrbatch.imaging.rgbe import write_hdr
from hdrbatch.storage import keys


def read_rgbe(path):
    """Radiance .hdr with the usual run-length encoding, straight from its definition: (H, W, 3) RGB."""
    header, _, data = path.read_bytes().partition(b"\n\n")
    assert header.startswith(b"#?")
    assert b"FORMAT=32-bit_rle_rgbe" in header
    size, _, data = data.partition(b"\n")
    _, height, _, width = size.split()
    height, width = int(height), int(width)
    rows, position = [], 0
    for _ in range(height):
        assert data[position : position + 4] == bytes([2, 2, width >> 8, width & 255])
        position += 4
        planes = []
        for _ in range(4):
            plane = bytearray()
            while len(plane) < width:
                count = data[position]
                if count > 128:
                    plane += data[position + 1 : position + 2] * (count - 128)
                    position += 2
                else:
                    plane += data[position + 1 : position + 1 + count]
                    position += 1 + count
            planes.append(np.frombuffer(bytes(plane), np.uint8))
        rows.append(np.stack(planes, axis=-1))
    codes = np.stack(rows).astype(np.float64)
    return codes[..., :3] * np.exp2(codes[..., 3:] - 136)


def read_as_training_codes_do(folder):
    """Photographs, exposures and label as HDR-Transformer and its relatives read them: all in BGR."""
    photos = [cv2.imread(path, -1) for path in sorted(str(path) for path in folder.glob("*.tif"))]
    assert all(photo.dtype == np.uint16 for photo in photos)
    exposures = np.power(2, np.loadtxt(folder / "exposure.txt"))
    label = read_rgbe(folder / "HDRImg.hdr")[:, :, [2, 1, 0]]
    return [np.float32(photo / 2**16) for photo in photos], exposures, label


def linearised(photo, exposure):
    return photo**2.2 / exposure


def without_noise(index):
    scenes = tuple(
        entry.model_copy(
            update={
                "scene": entry.scene.model_copy(update={"camera": {**entry.scene.camera, "noise": False}})
            }
        )
        for entry in index.scenes
    )
    return index.model_copy(update={"scenes": scenes})


def reference_ev0(shop, scene, path):
    path.write_bytes(shop.store.get_bytes(keys.reference("set", scene.id)))
    return read_exr(path) * np.float32(scene.anchor)


def test_the_folders_hold_scenes_and_the_scenes_hold_five_files_and_nothing_else(export, tmp_path):
    export("kalantari")
    out = tmp_path / "out"
    assert sorted(path.name for path in (out / "Training").iterdir()) == ["interior-0001", "outdoor-0001"]
    assert [path.name for path in (out / "Test").iterdir()] == ["interior-9001"]
    for folder in out.glob("T*/*"):
        names = sorted(path.name for path in folder.iterdir())
        assert names == ["HDRImg.hdr", "exposure.txt", "input_1.tif", "input_2.tif", "input_3.tif"]


def test_without_noise_the_linearised_photographs_are_the_label_wherever_they_are_not_clipped(
    export, index, tmp_path
):
    export("kalantari", index=without_noise(index))
    for folder in (tmp_path / "out").glob("T*/*"):
        photos, exposures, label = read_as_training_codes_do(folder)
        largest = label.max(axis=-1, keepdims=True)
        for photo, exposure in zip(photos, exposures, strict=True):
            good = (photo > 0.02) & (photo < 0.99)
            assert good.mean() > 0.1
            error = np.abs(linearised(photo, exposure) - label)
            # Half a step of RGBE, which is at most a 256th of the largest channel, and that of 16 bits.
            assert np.all((error <= largest / 256 + 0.003 * label)[good])


def test_with_noise_they_differ_from_the_label_by_the_noise_of_the_camera(export, index, tmp_path):
    export("kalantari")
    camera = index.scenes[0].scene.camera
    full_well_e, read_noise_e = camera["full_well_e"], camera["read_noise_e"]
    for folder in (tmp_path / "out").glob("T*/*"):
        photos, exposures, label = read_as_training_codes_do(folder)
        for photo, exposure in zip(photos, exposures, strict=True):
            electrons = label * exposure * full_well_e
            good = (photo > 0.1) & (photo < 0.95) & (label > 0.3 * label.max(axis=-1, keepdims=True))
            noise_e = np.sqrt(electrons + read_noise_e**2 + (electrons / 256) ** 2)
            deviation = ((linearised(photo, exposure) - label) * exposure * full_well_e / noise_e)[good]
            assert deviation.size > 300
            assert abs(deviation.mean()) < 0.25
            assert 0.75 < deviation.std() < 1.15


def test_photographs_are_in_the_order_of_their_exposures_whatever_order_is_asked_for(export, tmp_path):
    export("kalantari", ev=(3.0, -3.0, 0.0))
    for folder in (tmp_path / "out").glob("T*/*"):
        photos, exposures, _ = read_as_training_codes_do(folder)
        assert exposures.tolist() == [1, 8, 64]
        means = [photo.mean() for photo in photos]
        assert means == sorted(means)


def test_codes_that_subtract_the_least_exposure_read_the_same_as_those_that_do_not(export, tmp_path):
    export("kalantari")
    text = (tmp_path / "out/Test/interior-9001/exposure.txt").read_text()
    assert text == "0.000000\n2.000000\n4.000000\n"


def test_the_label_is_the_reference_in_the_shortest_exposures_unit_cut_at_1(export, shop, index, tmp_path):
    export("kalantari", ev=(-1.0, 1.0, 3.0))
    for entry, folder in zip(index.scenes, ["Training", "Training", "Test"], strict=True):
        label = read_rgbe(tmp_path / "out" / folder / entry.scene.id / "HDRImg.hdr")
        expected = reference_ev0(shop, entry.scene, tmp_path / "reference.exr") / 2
        assert np.mean(expected > 1) > 0.001
        assert label.max() == 1
        expected = np.clip(expected, 0, 1)
        error = (label - expected) / expected.max(axis=-1, keepdims=True)
        assert np.abs(error).max() <= 0.5 / 128
        # Rounded, not cut off: that would make the picture darker by half a step in 200 or so.
        assert abs(error.mean()) < 2e-4


def test_opencv_reads_the_label_as_the_reader_of_this_test_does(export, tmp_path):
    export("kalantari", split="test")
    path = tmp_path / "out/Test/interior-9001/HDRImg.hdr"
    np.testing.assert_array_equal(cv2.imread(str(path), -1)[:, :, ::-1], read_rgbe(path))


def test_codes_that_read_8_bits_see_the_same_photograph(export, tmp_path):
    export("kalantari", split="test")
    for path in (tmp_path / "out").glob("Test/*/*.tif"):
        eight, sixteen = cv2.imread(str(path)) / 255, cv2.imread(str(path), -1) / 65535
        assert np.abs(eight - sixteen).max() <= 1 / 255


def test_channels_are_where_readers_expect_them(export, shop, index, tmp_path):
    export("kalantari", split="test")
    folder = tmp_path / "out/Test/interior-9001"
    scene = index.split("test")[0].scene
    means = reference_ev0(shop, scene, tmp_path / "reference.exr").clip(0, 4).mean(axis=(0, 1))
    assert len(set(np.argsort(means))) == 3
    for file in ("input_1.tif", "HDRImg.hdr"):
        bgr = cv2.imread(str(folder / file), -1).astype(np.float64) / (65535 if "tif" in file else 1)
        shown = (bgr**2.2 if "tif" in file else bgr).mean(axis=(0, 1))[::-1]
        np.testing.assert_allclose(shown * 4, means, rtol=0.05)


def test_every_photograph_has_noise_of_its_own_and_another_export_has_the_same(export, tmp_path):
    export("kalantari")
    export("kalantari", output=tmp_path / "again")
    for path in (tmp_path / "out").glob("T*/*/*"):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(tmp_path / "out")).read_bytes()
    seeds = {noise_seed(scene, ev) for scene in ("a-0001", "a-0002") for ev in (-2.0, 0.0, 2.0)}
    assert len(seeds) == 6
    assert max(seeds) < 2**48


@pytest.fixture
def moving(shop, index, tmp_path):
    """The dataset with a first scene in which everything moves by a column from exposure to exposure."""
    first, *others = index.scenes
    reference = reference_ev0(shop, first.scene, tmp_path / "moving.exr") / np.float32(first.scene.anchor)
    for exposure in first.scene.exposures:
        write_exr(tmp_path / "moving.exr", np.roll(reference, int(exposure.ev), axis=1))
        key = keys.exposure("set", first.scene.id, exposure.ev)
        entry = shop._put(key, (tmp_path / "moving.exr").read_bytes())
        shop._finish("render_exposure", f"set/{first.scene.id}/{keys.ev_name(exposure.ev)}", [entry])
    moved = first.model_copy(update={"scene": first.scene.model_copy(update={"motion": "objects"})})
    return without_noise(index.model_copy(update={"scenes": (moved, *others)}))


def test_photographs_of_a_moving_scene_are_of_their_own_moments_and_the_label_of_the_middle_one(
    export, moving, tmp_path
):
    export("kalantari", index=moving)
    folder = tmp_path / "out/Training" / moving.scenes[0].scene.id
    photos, exposures, label = read_as_training_codes_do(folder)
    for photo, exposure, shift in zip(photos, exposures, (-2, 0, 2), strict=True):
        good = (photo > 0.02) & (photo < 0.99)
        shifted = np.roll(label, shift, axis=1)
        error = np.abs(linearised(photo, exposure) - shifted)
        assert np.all((error <= shifted.max(axis=-1, keepdims=True) / 256 + 0.003 * shifted)[good])


def test_a_moving_scene_wants_the_moment_of_its_reference_in_the_middle(export, moving, tmp_path):
    expected = r"--ev -3,-1,2: interior-0001 moves, and its reference shows the moment of EV 0; make that"
    with pytest.raises(UserError, match=expected):
        export("kalantari", index=moving, ev=(-3.0, -1.0, 2.0))
    assert not (tmp_path / "out").exists()


def test_an_exposure_that_its_receipt_does_not_list_is_named(export, shop, moving):
    key = keys.exposure("set", "interior-0001", -2.0)
    shop._finish("render_exposure", "set/interior-0001/ev-2", [shop._put("other", b"other")])
    with pytest.raises(MissingInputError, match=re.escape(f"{key} is in no receipt; rerun the command")):
        export("kalantari", index=moving)


def test_anything_but_three_exposures_is_refused(export, tmp_path):
    with pytest.raises(UserError, match=r"--ev -2,2: the layout kalantari has three photographs"):
        export("kalantari", ev=(-2.0, 2.0))
    assert not (tmp_path / "out").exists()


positive = arrays.arrays(np.float32, (1, 16, 3), elements=st.floats(0, 1, width=32, allow_subnormal=False))


@given(positive)
def test_rgbe_keeps_every_value_to_half_a_step_of_the_largest_channel(tmp_path_factory, radiance):
    path = tmp_path_factory.mktemp("rgbe") / "a.hdr"
    radiance[radiance < 1e-30] = 0  # less than RGBE has exponents for
    write_hdr(path, rgbe_rounded(radiance))
    largest = radiance.max(axis=-1, keepdims=True)
    assert np.all(np.abs(read_rgbe(path) - radiance) <= largest * (0.5 / 128) * (1 + 1e-6))


def test_a_largest_channel_that_rounds_up_to_a_power_of_two_is_that_power(tmp_path):
    radiance = np.full((1, 16, 3), 0.9999, np.float32)
    write_hdr(tmp_path / "a.hdr", rgbe_rounded(radiance))
    assert np.all(read_rgbe(tmp_path / "a.hdr") == 1)

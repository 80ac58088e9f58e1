import numpy as np
import OpenEXR
import pytest

from hdrbatch.errors import CorruptObjectError, MissingInputError, TaskError
from hdrbatch.imaging.exr import read_exr, write_exr


@pytest.fixture
def radiance() -> np.ndarray:
    values = np.random.default_rng(0).lognormal(0, 4, (37, 53, 3)).astype(np.float32)
    values[0, 0] = [2.5e6, 0.0, -0.25]
    values[0, 1] = [1e-30, 3e38, np.inf]
    return values


def test_every_float_is_read_back_unchanged(tmp_path, radiance):
    write_exr(tmp_path / "a.exr", radiance)
    back = read_exr(tmp_path / "a.exr")
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, radiance)


def test_the_same_radiance_gives_the_same_bytes_in_any_memory_order(tmp_path, radiance):
    write_exr(tmp_path / "a.exr", radiance)
    write_exr(tmp_path / "b.exr", np.asfortranarray(radiance))
    assert (tmp_path / "a.exr").read_bytes() == (tmp_path / "b.exr").read_bytes()


def test_it_is_32_bit_zip_with_channels_r_g_b(tmp_path, radiance):
    write_exr(tmp_path / "a.exr", radiance)
    with OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True) as file:
        assert sorted(file.channels()) == ["B", "G", "R"]
        assert file.channels()["R"].pixels.dtype == np.float32
        assert file.header()["compression"] == OpenEXR.ZIP_COMPRESSION
        np.testing.assert_array_equal(file.channels()["R"].pixels, radiance[..., 0])


@pytest.mark.parametrize(
    ("layer", "extra"), [("", ["A"]), ("ViewLayer.Combined.", ["A"]), ("", ["Depth.Z", "Diffuse.R"])]
)
def test_half_floats_alpha_and_a_single_layer_are_read(tmp_path, layer, extra):
    plane = np.linspace(0, 100, 20 * 10, dtype=np.float16).reshape(10, 20)
    channels = {layer + colour: plane * scale for colour, scale in zip("RGB", (1, 2, 4), strict=True)}
    channels |= {layer + name: plane for name in extra}
    with OpenEXR.File({"type": OpenEXR.scanlineimage}, channels) as file:
        file.write(str(tmp_path / "half.exr"))
    back = read_exr(tmp_path / "half.exr")
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back[..., 2], (plane * 4).astype(np.float32))


def test_other_channels_are_rejected_by_name(tmp_path):
    plane = np.zeros((4, 4), np.float32)
    with OpenEXR.File({"type": OpenEXR.scanlineimage}, {"Z": plane, "one.R": plane}) as file:
        file.write(str(tmp_path / "depth.exr"))
    with pytest.raises(CorruptObjectError, match=r"no float channels R, G, B of one size; it has Z, one\.R"):
        read_exr(tmp_path / "depth.exr")


@pytest.mark.parametrize("kept", [0, 100, 0.5, -10])
def test_a_file_cut_short_is_rejected(tmp_path, radiance, kept):
    write_exr(tmp_path / "a.exr", radiance)
    data = (tmp_path / "a.exr").read_bytes()
    (tmp_path / "cut.exr").write_bytes(data[: int(len(data) * kept) if isinstance(kept, float) else kept])
    with pytest.raises(CorruptObjectError, match=r"cut\.exr is (truncated|not a readable OpenEXR file)"):
        read_exr(tmp_path / "cut.exr")


def test_another_kind_of_file_is_rejected(tmp_path):
    (tmp_path / "text.exr").write_text("this is no picture" * 100)
    with pytest.raises(CorruptObjectError, match=r"text\.exr is not a readable OpenEXR file"):
        read_exr(tmp_path / "text.exr")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingInputError, match=r"there is no file .*nowhere\.exr"):
        read_exr(tmp_path / "nowhere.exr")


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4, 4), np.float32),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3)),
    ],
)
def test_arrays_that_are_not_radiance_are_not_written(tmp_path, wrong):
    with pytest.raises(TaskError, match=r"cannot be written: radiance is \(H, W, 3\) float32, not"):
        write_exr(tmp_path / "a.exr", wrong)
    assert not (tmp_path / "a.exr").exists()

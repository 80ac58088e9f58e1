import io
import struct
import sys
import zlib

import cv2
import numpy as np
import OpenEXR
import pytest
from PIL import ExifTags, Image

from hdrbatch.errors import CorruptObjectError, MissingInputError, PhotoError, TaskError
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.exr import read_exr, write_exr
from hdrbatch.imaging.photo import read_photo, write_photo
from hdrbatch.imaging.rgbe import write_hdr

NO_METADATA = PhotoMetadata(exposure_time_s=None, f_number=None, iso=None, camera=None)


@pytest.fixture
def radiance() -> np.ndarray:
    values = np.random.default_rng(0).lognormal(0, 4, (37, 53, 3)).astype(np.float32)
    values[0, 0] = [2.5e6, 0.0, -0.25]
    values[0, 1] = [1e-30, 3e38, np.inf]
    return values


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)


class TestExr:
    def test_every_float_comes_back_as_it_was(self, tmp_path, radiance):
        write_exr(tmp_path / "a.exr", radiance)
        back = read_exr(tmp_path / "a.exr")
        assert back.dtype == np.float32
        np.testing.assert_array_equal(back, radiance)

    def test_the_same_radiance_gives_the_same_bytes_in_any_memory_order(self, tmp_path, radiance):
        write_exr(tmp_path / "a.exr", radiance)
        write_exr(tmp_path / "b.exr", np.asfortranarray(radiance))
        assert (tmp_path / "a.exr").read_bytes() == (tmp_path / "b.exr").read_bytes()

    def test_it_is_32_bit_zip_with_channels_r_g_b(self, tmp_path, radiance):
        write_exr(tmp_path / "a.exr", radiance)
        with OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True) as file:
            assert sorted(file.channels()) == ["B", "G", "R"]
            assert file.channels()["R"].pixels.dtype == np.float32
            assert file.header()["compression"] == OpenEXR.ZIP_COMPRESSION
            np.testing.assert_array_equal(file.channels()["R"].pixels, radiance[..., 0])

    @pytest.mark.parametrize(
        ("layer", "extra"), [("", ["A"]), ("ViewLayer.Combined.", ["A"]), ("", ["Depth.Z", "Diffuse.R"])]
    )
    def test_half_floats_alpha_and_a_single_layer_are_read(self, tmp_path, layer, extra):
        plane = np.linspace(0, 100, 20 * 10, dtype=np.float16).reshape(10, 20)
        channels = {layer + colour: plane * scale for colour, scale in zip("RGB", (1, 2, 4), strict=True)}
        channels |= {layer + name: plane for name in extra}
        with OpenEXR.File({"type": OpenEXR.scanlineimage}, channels) as file:
            file.write(str(tmp_path / "half.exr"))
        back = read_exr(tmp_path / "half.exr")
        assert back.dtype == np.float32
        np.testing.assert_array_equal(back[..., 2], (plane * 4).astype(np.float32))

    def test_other_channels_are_refused_by_name(self, tmp_path):
        plane = np.zeros((4, 4), np.float32)
        with OpenEXR.File({"type": OpenEXR.scanlineimage}, {"Z": plane, "one.R": plane}) as file:
            file.write(str(tmp_path / "depth.exr"))
        with pytest.raises(
            CorruptObjectError, match=r"no float channels R, G, B of one size; it has Z, one\.R"
        ):
            read_exr(tmp_path / "depth.exr")

    @pytest.mark.parametrize("kept", [0, 100, 0.5, -10])
    def test_a_file_cut_short_is_refused(self, tmp_path, radiance, kept):
        write_exr(tmp_path / "a.exr", radiance)
        data = (tmp_path / "a.exr").read_bytes()
        (tmp_path / "cut.exr").write_bytes(data[: int(len(data) * kept) if isinstance(kept, float) else kept])
        with pytest.raises(CorruptObjectError, match=r"cut\.exr is (cut short|no OpenEXR file)"):
            read_exr(tmp_path / "cut.exr")

    def test_another_kind_of_file_is_refused(self, tmp_path):
        (tmp_path / "text.exr").write_text("this is no picture" * 100)
        with pytest.raises(CorruptObjectError, match=r"text\.exr is no OpenEXR file"):
            read_exr(tmp_path / "text.exr")

    def test_a_missing_file_is_named(self, tmp_path):
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
    def test_what_is_no_radiance_is_not_written(self, tmp_path, wrong):
        with pytest.raises(TaskError, match=r"cannot be written: radiance is \(H, W, 3\) float32, not"):
            write_exr(tmp_path / "a.exr", wrong)
        assert not (tmp_path / "a.exr").exists()


class TestHdr:
    def test_values_come_back_to_the_precision_of_rgbe(self, tmp_path):
        radiance = np.random.default_rng(0).lognormal(0, 4, (37, 53, 3)).astype(np.float32)
        radiance[0, 0] = [2.5e6, 0.0, 0.0]
        radiance[0, 1] = [0.5, -0.5, 0.25]
        radiance[0, 2] = [-1.0, -2.0, -3.0]
        write_hdr(tmp_path / "a.hdr", radiance)
        assert (tmp_path / "a.hdr").read_bytes().startswith(b"#?RADIANCE")
        back = cv2.imread(str(tmp_path / "a.hdr"), cv2.IMREAD_UNCHANGED)[..., ::-1]
        error = np.abs(back - np.maximum(radiance, 0)) / np.maximum(
            radiance.max(axis=-1, keepdims=True), 1e-6
        )
        assert error.max() < 0.01

    def test_values_without_a_code_are_refused(self, tmp_path, radiance):
        with pytest.raises(TaskError, match="RGBE has no code for the NaN or infinite values"):
            write_hdr(tmp_path / "a.hdr", radiance)


class TestWritePhoto:
    def test_pixels_and_exposure_come_back_with_other_programs(self, tmp_path, codes):
        metadata = PhotoMetadata(exposure_time_s=2.0**-10, f_number=2.8, iso=400, camera="hdrbatch camera")
        write_photo(tmp_path / "a.png", codes, metadata)
        with Image.open(tmp_path / "a.png") as image:
            np.testing.assert_array_equal(np.asarray(image), codes)
            exif = image.getexif()
            details = exif.get_ifd(ExifTags.IFD.Exif)
        assert b"eXIf" in (tmp_path / "a.png").read_bytes()
        time = details[ExifTags.Base.ExposureTime]
        assert (time.numerator, time.denominator) == (1, 1024)
        assert float(details[ExifTags.Base.FNumber]) == 2.8
        assert details[ExifTags.Base.ISOSpeedRatings] == 400
        assert exif[ExifTags.Base.Make] == "hdrbatch"
        assert exif[ExifTags.Base.Model] == "hdrbatch camera"

    @pytest.mark.parametrize(
        "time_s", [2.0**k / 32 for k in range(-15, 16)] + [1 / 30, 1 / 3, 0.1, 15.0, 2**0.5]
    )
    def test_any_shutter_time_comes_back_as_the_same_float(self, tmp_path, codes, time_s):
        metadata = PhotoMetadata(exposure_time_s=time_s, f_number=8.0, iso=100.0, camera="hdrbatch")
        write_photo(tmp_path / "a.png", codes, metadata)
        photo = read_photo(tmp_path / "a.png")
        assert photo.metadata == metadata
        np.testing.assert_array_equal(np.rint(photo.pixels * 255), codes)

    def test_the_same_photograph_gives_the_same_bytes(self, tmp_path, codes):
        metadata = PhotoMetadata(exposure_time_s=0.25, f_number=8.0, iso=100.0, camera=None)
        write_photo(tmp_path / "a.png", codes, metadata)
        write_photo(tmp_path / "b.png", codes, metadata)
        assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()

    def test_what_is_unknown_is_left_out(self, tmp_path, codes):
        write_photo(tmp_path / "a.png", codes, NO_METADATA)
        metadata = read_photo(tmp_path / "a.png").metadata
        assert metadata == PhotoMetadata(exposure_time_s=None, f_number=None, iso=None, camera="hdrbatch")
        assert metadata.exposure_value is None

    @pytest.mark.parametrize(
        ("metadata", "words"),
        [
            (PhotoMetadata(1e-15, None, None, None), "EXIF cannot hold the exposure time 1e-15 exactly"),
            (PhotoMetadata(-1.0, None, None, None), "EXIF cannot hold the exposure time"),
            (PhotoMetadata(1.0, float("inf"), None, None), "EXIF cannot hold the f-number inf"),
            (PhotoMetadata(1.0, 8.0, 0.5, None), "EXIF cannot hold ISO 0.5: give a whole number"),
        ],
    )
    def test_what_exif_cannot_hold_is_refused(self, tmp_path, codes, metadata, words):
        with pytest.raises(TaskError, match=words):
            write_photo(tmp_path / "a.png", codes, metadata)

    def test_floats_are_refused(self, tmp_path, codes):
        with pytest.raises(TaskError, match=r"a photograph is \(H, W, 3\) uint8, not \(30, 40, 3\) float64"):
            write_photo(tmp_path / "a.png", codes / 255, NO_METADATA)

    def test_relative_exposure_is_time_times_iso_over_f_number_squared(self):
        metadata = PhotoMetadata(exposure_time_s=0.5, f_number=4.0, iso=200, camera=None)
        assert metadata.exposure_value == 0.5 * 2 / 16


def _tiff_16_bit(codes: np.ndarray, orientation: int) -> bytes:
    """Write an uncompressed little-endian 16-bit RGB TIFF by hand: Pillow cannot."""
    rows, columns, _ = codes.shape
    short, long = 3, 4
    pixels_at, bits_at = 8, 8 + codes.nbytes
    entries = [
        (256, long, 1, columns), (257, long, 1, rows), (258, short, 3, bits_at), (259, short, 1, 1),
        (262, short, 1, 2), (273, long, 1, pixels_at), (274, short, 1, orientation), (277, short, 1, 3),
        (278, long, 1, rows), (279, long, 1, codes.nbytes), (284, short, 1, 1),
    ]  # fmt: skip
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = struct.pack("<2sHI", b"II", 42, bits_at + 6)
    return head + codes.astype("<u2").tobytes() + struct.pack("<3H", 16, 16, 16) + directory + bytes(4)


def _turned(upright: np.ndarray, orientation: int) -> np.ndarray:
    """Give the pixels as a camera stores them that was held as the EXIF orientation says."""
    return {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]


def _stored(image: Image.Image, suffix: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format={"jpg": "JPEG", "png": "PNG", "tif": "TIFF"}[suffix], **options)
    return buffer.getvalue()


class TestReadPhoto:
    @pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_it_is_turned_upright(self, tmp_path, suffix, orientation):
        upright = np.zeros((32, 48, 3), np.uint8)
        upright[:16, :16] = [255, 0, 0]
        upright[:16, 32:] = [0, 255, 0]
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        image = Image.fromarray(np.ascontiguousarray(_turned(upright, orientation)))
        options = {"quality": 100, "subsampling": 0} if suffix == "jpg" else {}
        (tmp_path / f"a.{suffix}").write_bytes(_stored(image, suffix, exif=exif, **options))
        photo = read_photo(tmp_path / f"a.{suffix}")
        np.testing.assert_allclose(photo.pixels, upright / 255, atol=0.02)

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_a_16_bit_tiff_keeps_its_bits_and_is_turned_upright(self, tmp_path, orientation):
        upright = np.random.default_rng(0).integers(0, 65536, (6, 9, 3), dtype=np.uint16)
        (tmp_path / "a.tif").write_bytes(_tiff_16_bit(_turned(upright, orientation), orientation))
        photo = read_photo(tmp_path / "a.tif")
        assert photo.bits == 16
        assert photo.pixels.dtype == np.float32
        np.testing.assert_array_equal(np.rint(photo.pixels.astype(np.float64) * 65535), upright)

    @pytest.mark.parametrize("orientation", [None, 6])
    def test_a_16_bit_png_keeps_its_bits_and_is_turned_upright(self, tmp_path, orientation):
        upright = np.random.default_rng(0).integers(0, 65536, (6, 9, 3), dtype=np.uint16)
        stored = upright if orientation is None else np.ascontiguousarray(_turned(upright, orientation))
        data = cv2.imencode(".png", stored[..., ::-1])[1].tobytes()
        if orientation is not None:
            data = _with_png_orientation(data, orientation)
        (tmp_path / "a.png").write_bytes(data)
        photo = read_photo(tmp_path / "a.png")
        assert photo.bits == 16
        np.testing.assert_array_equal(np.rint(photo.pixels.astype(np.float64) * 65535), upright)

    @pytest.mark.parametrize("channels", [1, 4])
    def test_16_bit_grey_and_alpha_become_three_channels(self, tmp_path, channels):
        stored = np.random.default_rng(0).integers(0, 65536, (6, 9, channels), dtype=np.uint16)
        (tmp_path / "a.png").write_bytes(cv2.imencode(".png", stored)[1].tobytes())
        photo = read_photo(tmp_path / "a.png")
        expected = np.repeat(stored, 3, axis=2) if channels == 1 else stored[..., 2::-1]
        np.testing.assert_array_equal(np.rint(photo.pixels.astype(np.float64) * 65535), expected)

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
    def test_grey_alpha_palette_and_cmyk_become_rgb(self, tmp_path, mode):
        plain = Image.new("RGB", (20, 10), (255, 255, 255))
        image = plain.convert(mode)
        if mode == "RGBA":
            image.putalpha(0)
        suffix = "jpg" if mode == "CMYK" else "png"
        (tmp_path / f"a.{suffix}").write_bytes(_stored(image, suffix))
        photo = read_photo(tmp_path / f"a.{suffix}")
        assert photo.bits == 8
        assert photo.pixels.shape == (10, 20, 3)
        np.testing.assert_allclose(photo.pixels, 1.0, atol=0.01)

    def test_the_first_picture_of_a_telephones_mpo_is_read(self, tmp_path):
        first, second = (Image.new("RGB", (20, 10), (level,) * 3) for level in (200, 10))
        first.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[second])
        np.testing.assert_allclose(read_photo(tmp_path / "a.jpg").pixels, 200 / 255, atol=0.01)

    def test_no_exposure_is_fine_and_nonsense_counts_as_none(self, tmp_path, codes):
        exif = Image.Exif()
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExposureTime] = 0.0
        for name, options in (("none.jpg", {}), ("zero.jpg", {"exif": exif})):
            (tmp_path / name).write_bytes(_stored(Image.fromarray(codes), "jpg", **options))
            assert read_photo(tmp_path / name).metadata == NO_METADATA

    def test_what_is_no_photograph_is_refused_with_a_remedy(self, tmp_path, codes):
        (tmp_path / "a.jpg").write_text("no picture")
        with pytest.raises(PhotoError, match=r"a\.jpg is no JPEG, PNG or TIFF photograph: export it as one"):
            read_photo(tmp_path / "a.jpg")
        Image.fromarray(codes).save(tmp_path / "a.gif")
        with pytest.raises(PhotoError, match=r"a\.gif is no JPEG, PNG or TIFF photograph"):
            read_photo(tmp_path / "a.gif")
        with pytest.raises(PhotoError, match=r"there is no photograph .*nowhere\.jpg: check the name"):
            read_photo(tmp_path / "nowhere.jpg")
        with pytest.raises(PhotoError, match="cannot be opened: Is a directory"):
            read_photo(tmp_path)

    def test_without_rawpy_a_raw_file_is_refused_with_what_to_install(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "rawpy", None)
        (tmp_path / "a.NEF").write_bytes(b"II*\0")
        with pytest.raises(PhotoError, match=r"a\.NEF is a raw file.*pip install 'hdrbatch\[raw\]'"):
            read_photo(tmp_path / "a.NEF")

    @pytest.mark.parametrize("name", ["a.heic", "renamed.jpg"])
    def test_a_telephones_heic_is_refused_with_a_remedy(self, tmp_path, name):
        (tmp_path / name).write_bytes(struct.pack(">I", 24) + b"ftypheic" + bytes(100))
        with pytest.raises(PhotoError, match=rf"{name} is a HEIC .*export it as JPEG or 16-bit TIFF"):
            read_photo(tmp_path / name)

    def test_codes_stay_as_in_the_file_and_a_sample_is_every_few_pixels(self, tmp_path, codes):
        (tmp_path / "a.png").write_bytes(_stored(Image.fromarray(codes), "png"))
        photo = read_photo(tmp_path / "a.png")
        assert photo.codes.dtype == np.uint8
        np.testing.assert_array_equal(photo.codes, codes)
        np.testing.assert_array_equal(photo.sampled(7), photo.pixels[::7, ::7])

    @pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
    def test_a_photograph_cut_short_is_refused(self, tmp_path, codes, suffix):
        data = _stored(Image.fromarray(codes), suffix)
        (tmp_path / f"a.{suffix}").write_bytes(data[: len(data) // 2])
        with pytest.raises(PhotoError, match=r"is damaged and cannot be read|is no JPEG, PNG or TIFF"):
            read_photo(tmp_path / f"a.{suffix}")

    def test_a_float_tiff_is_refused(self, tmp_path):
        Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "a.tif")
        with pytest.raises(PhotoError, match="has 32 bits per value: a photograph has 8 or 16"):
            read_photo(tmp_path / "a.tif")

    def test_more_pixels_than_pillow_warns_about_are_read_without_a_warning(
        self, tmp_path, codes, monkeypatch
    ):
        (tmp_path / "a.png").write_bytes(_stored(Image.fromarray(codes), "png"))
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30 * 40 - 1)
        assert read_photo(tmp_path / "a.png").pixels.shape == (30, 40, 3)
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30 * 40 // 2 - 1)
        with pytest.raises(PhotoError, match="too many pixels to be read safely"):
            read_photo(tmp_path / "a.png")


def _with_png_orientation(data: bytes, orientation: int) -> bytes:
    """Put an eXIf chunk after a PNG's header."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    body = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]

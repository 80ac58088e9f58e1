import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from hdrbatch.imaging.icc import primaries_of_profile
from hdrbatch.imaging.photo import read_photo
from hdrbatch.imaging.primaries import convert_to_rec709
from tests.photographs.negatives import DISPLAY_P3, icc_profile

REC709 = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.7141]])


def test_a_photograph_without_profile_or_with_srgb_has_none(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (None, b"", srgb, icc_profile("sRGB of another maker", REC709)):
        Image.new("RGB", (8, 8)).save(tmp_path / "a.png", icc_profile=icc)
        assert read_photo(tmp_path / "a.png").primaries is None


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_display_p3_is_found_by_its_name_in_every_format(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.new("RGB", (8, 8)).save(path, icc_profile=icc_profile("Display P3", DISPLAY_P3))
    assert read_photo(path).primaries.name == "Display P3"


def test_display_p3_becomes_rec709():
    """P3's red in Rec.709 is (1.2249, -0.0420, -0.0197): outside, so that green and blue become 0."""
    primaries = primaries_of_profile(icc_profile("Display P3", DISPLAY_P3))
    radiance = np.array([[[1.0, 0.0, 0.0], [3.0, 3.0, 3.0], [0.5, 0.25, 0.25]]], np.float32)
    convert_to_rec709(radiance, primaries)
    np.testing.assert_allclose(radiance[0, 0], [1.2249, 0.0, 0.0], atol=2e-3)
    np.testing.assert_allclose(radiance[0, 1], 3.0, rtol=1e-3)
    np.testing.assert_allclose(radiance[0, 2], [0.25 + 0.25 * 1.2249, 0.2395, 0.2451], atol=2e-3)


def test_conversion_in_blocks_is_that_of_the_whole(monkeypatch):
    primaries = primaries_of_profile(icc_profile("Display P3", DISPLAY_P3))
    whole = np.random.default_rng(0).uniform(0, 4, (50, 30, 3)).astype(np.float32)
    in_blocks = whole.copy()
    convert_to_rec709(whole, primaries)
    monkeypatch.setattr("hdrbatch.imaging.primaries.BLOCK_PIXELS", 7 * 30)
    convert_to_rec709(in_blocks, primaries)
    np.testing.assert_allclose(in_blocks, whole, rtol=1e-6)


def test_a_profile_without_primaries_is_named_and_ignored():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert primaries_of_profile(lab).to_rec709 is None
    broken = primaries_of_profile(b"no profile")
    assert broken.name == "a colour profile that cannot be read"
    radiance = np.ones((2, 2, 3), np.float32)
    convert_to_rec709(radiance, broken)
    np.testing.assert_array_equal(radiance, 1.0)


def test_our_profile_is_one_that_little_cms_reads():
    opened = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile("Display P3", DISPLAY_P3)))
    assert opened.profile.profile_description == "Display P3"

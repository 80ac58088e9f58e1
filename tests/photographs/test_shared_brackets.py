"""Real photographs from elsewhere, if they are available next to the repository."""

from pathlib import Path

import numpy as np
import pytest

from hdrbatch.imaging.photo import read_photo
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor
from hdrbatch.imaging.statistics import clipped_fraction, dynamic_range_stops
from hdrbatch.imaging.tonemapping import preview
from hdrbatch.imaging.variance_merge import CAMERA, merge
from hdrbatch.photographs.bracket import relative_exposures

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real"
BRACKETS = {
    "gateway-arch": ([1 / 30, 1 / 4, 2.5, 15.0], 2.7, None, (2112, 2816, 3)),
    "frobisher": ([1 / 8, 1.0, 8.0], 8.0, 100.0, (426, 640, 3)),
}


@pytest.fixture(params=sorted(BRACKETS))
def bracket(request: pytest.FixtureRequest):
    folder = REAL / request.param
    if not folder.is_dir():
        pytest.skip(f"the real bracket {request.param} is not next to the repository ({folder})")
    paths = sorted(folder.glob("*.jpg"))
    return paths, [read_photo(path) for path in paths], BRACKETS[request.param]


def test_real_jpegs_are_read_with_their_exposures(bracket):
    _, photos, (times, f_number, iso, shape) = bracket
    assert [photo.metadata.exposure_time_s for photo in photos] == pytest.approx(times)
    assert all(photo.metadata.f_number == f_number and photo.metadata.iso == iso for photo in photos)
    assert all("Canon" in photo.metadata.camera or "EOS" in photo.metadata.camera for photo in photos)
    assert all(photo.pixels.shape == shape and photo.bits == 8 for photo in photos)


def test_a_real_bracket_merges_to_more_range_than_its_middle_photograph(bracket):
    paths, photos, (times, *_) = bracket
    exposures = relative_exposures([photo.metadata for photo in photos], [path.name for path in paths])
    assert 1.0 in exposures
    np.testing.assert_allclose(exposures / exposures[0], np.asarray(times) / times[0])
    curve = parse_response("srgb")
    small = [photo.pixels[::4, ::4] for photo in photos]
    merged = merge(small, exposures, curve, Sensor(), trust=CAMERA)
    assert np.all(np.isfinite(merged))
    assert merged.min() >= 0
    middle = small[int(np.flatnonzero(exposures == 1.0)[0])]
    assert dynamic_range_stops(merged) > dynamic_range_stops(curve.invert(middle)) + 0.5
    # Pixels that the middle photograph clips are not clipped in the merge: the shortest exposure goes higher.
    assert merged.max() > 1.5
    assert clipped_fraction(small[0]) < clipped_fraction(small[-1])
    shown = preview(merged)
    assert 40 < shown.mean() < 200

import numpy as np

from hdrbatch.imaging.candidates import black, clipped, hdr_candidate
from hdrbatch.imaging.response import parse_response


def test_a_candidate_is_the_linear_value_divided_by_the_exposure(to_array):
    photo = to_array(np.full((2, 2, 3), 0.5, np.float32))
    candidate = np.asarray(hdr_candidate(photo, 4.0, parse_response("gamma:2")))
    np.testing.assert_allclose(candidate, 0.25 / 4)
    assert candidate.dtype == np.float32


def test_each_photograph_of_a_batch_has_its_own_exposure(to_array):
    photos = to_array(np.full((3, 2, 2, 3), 0.5, np.float32))
    exposures = np.asarray([0.25, 1.0, 4.0]).reshape(3, 1, 1, 1)
    candidates = np.asarray(hdr_candidate(photos, exposures, parse_response("linear")))
    np.testing.assert_allclose(candidates[:, 0, 0, 0], [2.0, 0.5, 0.125])
    assert candidates.dtype == np.float32


def test_only_the_top_code_is_clipped_and_only_the_lowest_black(to_array):
    codes = to_array((np.asarray([0, 1, 128, 254, 255]) / 255).astype(np.float32))
    np.testing.assert_array_equal(np.asarray(clipped(codes)), [False, False, False, False, True])
    np.testing.assert_array_equal(np.asarray(black(codes)), [True, False, False, False, False])

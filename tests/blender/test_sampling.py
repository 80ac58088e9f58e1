import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrbatch.blender.sampling import CHUNK_PIXEL_SAMPLES, RenderSettings, SampleSubset, SampleSum
from hdrbatch.errors import UserError


@given(num_subsets=st.integers(1, 12), samples=st.integers(1, 20))
def test_the_subsets_cover_the_sequence_once_and_whole(num_subsets, samples):
    subsets = [SampleSubset(index, num_subsets, samples) for index in range(num_subsets)]
    taken = [sample for s in subsets for sample in range(s.offset, s.offset + s.samples)]
    assert taken == list(range(subsets[0].total_samples))


@given(
    width=st.integers(4, 5000),
    height=st.integers(4, 5000),
    samples=st.integers(1, 300),
    index=st.integers(0, 9),
)
def test_the_chunks_cover_their_part_once_and_none_is_longer_than_it_need_be(width, height, samples, index):
    part = SampleSubset(index, 10, samples)
    chunks = part.chunks(width, height)
    taken = [sample for c in chunks for sample in range(c.offset, c.offset + c.samples)]
    assert taken == list(range(part.offset, part.offset + samples))
    assert {chunk.total_samples for chunk in chunks} == {part.total_samples}
    lengths = [chunk.samples for chunk in chunks]
    assert max(lengths) - min(lengths) <= 1
    assert max(lengths) == 1 or max(lengths) * width * height <= CHUNK_PIXEL_SAMPLES


def test_a_small_render_is_one_chunk_and_a_full_one_is_several():
    assert [c.samples for c in SampleSubset(0, 10, 12).chunks(160, 120)] == [12]
    assert [c.samples for c in SampleSubset(0, 10, 64).chunks(640, 480)] == [8] * 8


def test_a_sum_of_one_render_gives_its_mean_back_to_the_bit():
    mean = np.random.default_rng(3).lognormal(0, 5, (40, 30, 3)).astype(np.float32)
    for samples in (1, 3, 7, 64, 1000):
        assert SampleSum.of(mean, samples).mean().tobytes() == mean.tobytes()


def test_sums_are_weighted_by_their_samples_and_added_in_double_precision():
    one, tiny = np.full((1, 1, 3), 1.0, np.float32), np.full((1, 1, 3), 1e-12, np.float32)
    both = SampleSum.of(one, 3) + SampleSum.of(tiny, 1)
    assert both.samples == 4
    np.testing.assert_allclose(both.radiance, 3.0 + 1e-12, rtol=1e-15)
    assert both.mean().dtype == np.float32
    np.testing.assert_array_equal(both.mean(), np.float32(0.75))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((-1, 10, 16), r"index is -1; it must be between 0 and 9"),
        ((10, 10, 16), r"index is 10; it must be between 0 and 9"),
        ((0, 0, 16), r"num_subsets is 0; it must be at least 1"),
        ((0, 10, 0), r"samples is 0; it must be at least 1"),
        ((0, 10, 4, 5, 8), r"begin is 5; it must be between 0 and 4, since each part has 8 samples"),
        ((0, 10, 9, 0, 8), r"begin is 0; it must be between 0 and -1"),
        ((0, 1024, 2**20), r"num_subsets \* samples is 1073741824; it must be at most 16777216"),
    ],
)
def test_an_impossible_subset_is_refused_and_named(arguments, words):
    with pytest.raises(UserError, match=words):
        SampleSubset(*arguments)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width": 3}, "width is 3; it must be between 4 and 65536 pixels"),
        ({"height": 70000}, "height is 70000"),
        ({"max_bounces": -1}, "max_bounces is -1; it must be between 0 and 1024"),
        ({"seed": 2**31}, "seed is 2147483648; it must be between 0 and 2147483647"),
        ({"num_threads": 0}, "num_threads is 0; it must be between 1 and 1024, or None"),
    ],
)
def test_impossible_settings_are_refused_and_named(change, words):
    with pytest.raises(UserError, match=words):
        RenderSettings(**{"width": 32, "height": 24} | change)


def test_seed_0_is_a_seed():
    assert RenderSettings(32, 24, seed=0).seed == 0

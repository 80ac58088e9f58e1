import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.errors import UserError


@given(num_subsets=st.integers(1, 12), samples=st.integers(1, 20))
def test_the_subsets_cover_the_sequence_once_and_whole(num_subsets, samples):
    subsets = [SampleSubset(index, num_subsets, samples) for index in range(num_subsets)]
    taken = [sample for s in subsets for sample in range(s.offset, s.offset + s.samples)]
    assert taken == list(range(subsets[0].total_samples))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((-1, 10, 16), r"index is -1; it must be between 0 and 9"),
        ((10, 10, 16), r"index is 10; it must be between 0 and 9"),
        ((0, 0, 16), r"num_subsets is 0; it must be at least 1"),
        ((0, 10, 0), r"samples is 0; it must be at least 1"),
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

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrbatch.plan.timeline import Timeline

LADDERS = st.lists(st.integers(-8, 8).map(float), min_size=1, max_size=10, unique=True)


@given(LADDERS, st.floats(0, 1))
def test_exposures_follow_one_another_from_dark_to_bright_without_overlap(ladder, gap_s):
    timeline = Timeline(ladder, exposure_time_ev0_s=1 / 32, gap_s=gap_s)
    end = -gap_s
    for ev in sorted(ladder):
        begin, length = timeline.shutter(ev)
        assert begin == pytest.approx(end + gap_s)
        assert length == pytest.approx(2.0**ev / 32)
        end = begin + length
    assert timeline.duration_s == pytest.approx(end)


@given(LADDERS)
def test_the_reference_is_of_a_moment_at_which_the_middle_exposure_is_open(ladder):
    timeline = Timeline(ladder, exposure_time_ev0_s=1 / 32, gap_s=0.02)
    begin, length = timeline.shutter(sorted(ladder)[len(ladder) // 2])
    assert timeline.moment_s == pytest.approx(begin + length / 2)


def test_the_order_in_which_a_ladder_is_written_does_not_matter():
    assert Timeline((2.0, 0.0, -2.0), 0.1, 0.0).shutter(2.0) == Timeline((-2.0, 0.0, 2.0), 0.1, 0.0).shutter(
        2.0
    )

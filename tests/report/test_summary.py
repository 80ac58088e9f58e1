import pytest

from hdrbatch.records.dataset_index import DatasetRecord, DatasetScene, ExposureRecord, SceneRecord
from hdrbatch.report.summary import Spread, summary_of


def scene(family, seed, split, stops, exposures=()):
    record = SceneRecord(
        id=f"{family}-{seed:04d}",
        family=family,
        seed=seed,
        split=split,
        width=4,
        height=3,
        anchor=1.0,
        dynamic_range_stops=stops,
        exposures=tuple(
            ExposureRecord(ev=ev, clipped_fraction=clipped, black_fraction=black)
            for ev, clipped, black in exposures
        ),
        camera={},
        description={},
    )
    return DatasetScene(scene=record, files=())


def dataset(*scenes):
    return DatasetRecord(dataset="set", scenes=scenes)


def test_counts_are_by_family_and_split():
    summary = summary_of(
        dataset(
            scene("street", 1, "train", 10.0),
            scene("interior", 1, "train", 12.0),
            scene("street", 2, "train", 11.0),
            scene("street", 9001, "test", 16.0),
        )
    )
    assert (summary.num_scenes, summary.splits) == (4, {"train": 3, "test": 1})
    assert [(family.family, family.num_scenes, family.splits) for family in summary.families] == [
        ("interior", 1, {"train": 1, "test": 0}),
        ("street", 3, {"train": 2, "test": 1}),
    ]
    assert summary.families[1].stops == Spread(least=10.0, median=11.0, most=16.0)
    assert summary.stops == Spread(least=10.0, median=11.5, most=16.0)


def test_shares_of_an_exposure_are_over_the_scenes_that_have_it_and_exposures_go_from_dark_to_bright():
    summary = summary_of(
        dataset(
            scene("street", 1, "train", 10.0, [(1.0, 0.5, 0.0), (-1.0, 0.1, 0.2)]),
            scene("street", 2, "train", 10.0, [(1.0, 0.9, 0.02)]),
            scene("street", 3, "train", 10.0, [(1.0, 0.6, 0.01)]),
        )
    )
    dark, bright = summary.exposures
    assert (dark.ev, dark.num_scenes) == (-1.0, 1)
    assert dark.black_fraction == Spread(least=0.2, median=0.2, most=0.2)
    assert (bright.ev, bright.num_scenes) == (1.0, 3)
    assert bright.clipped_fraction == Spread(least=0.5, median=0.6, most=0.9)
    assert bright.black_fraction == Spread(least=0.0, median=0.01, most=0.02)


def test_bins_hold_their_lower_bound_and_leave_no_gap():
    stops = [10.0, 10.5, 10.999, 13.0, 18.0]
    summary = summary_of(dataset(*(scene("street", n, "train", s) for n, s in enumerate(stops))))
    bins = [(part.from_stops, part.to_stops, part.num_scenes) for part in summary.stops_histogram]
    assert bins == [(n, n + 1, {10: 3, 13: 1, 18: 1}.get(n, 0)) for n in range(10, 19)]


def test_a_bin_tells_its_families():
    summary = summary_of(
        dataset(
            scene("street", 1, "train", 10.1),
            scene("street", 2, "train", 10.2),
            scene("interior", 1, "test", 10.3),
        )
    )
    assert [part.families for part in summary.stops_histogram] == [{"interior": 1, "street": 2}]


@pytest.mark.parametrize(
    ("most", "width"), [(10.0, 0.5), (17.9, 0.5), (18.1, 1.0), (30.0, 2.0), (300.0, 10.0)]
)
def test_bins_are_as_narrow_as_leaves_at_most_sixteen(most, width):
    summary = summary_of(dataset(scene("a", 1, "train", 10.0), scene("a", 2, "train", most)))
    bins = summary.stops_histogram
    assert bins[0].to_stops - bins[0].from_stops == width
    assert bins[0].from_stops <= 10.0 < bins[0].to_stops
    assert bins[-1].from_stops <= most < bins[-1].to_stops
    assert sum(part.num_scenes for part in bins) == 2
    assert len(bins) <= 16 or width == 10.0


def test_a_dataset_without_scenes_has_a_summary_without_numbers():
    summary = summary_of(dataset())
    assert (summary.num_scenes, summary.stops, summary.stops_histogram, summary.exposures) == (
        0,
        None,
        (),
        (),
    )

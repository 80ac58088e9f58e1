"""The gate, and the full job's catalogue after it."""

from dataclasses import replace
from statistics import median

import pytest

from hdrbatch.catalogue.examined import (
    Preview,
    examined,
    excluded_seeds,
    from_csv,
    ignoring_exclusions,
    to_csv,
)
from hdrbatch.catalogue.family import FAMILIES
from hdrbatch.specs.render_job import ScenesSpec

GOOD = Preview("street", 1, 15.0, 2.5, clipped_ev0=0.2, clipped_ev_4=0.01, shadows=0.1)
CATALOGUE = ScenesSpec().catalogue()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"median_cd_m2": 0.0}, "black"),
        ({"stops": 7.9}, "flat: 7.9 stops"),
        ({"stops": 8.0}, ""),
        ({"shadows": 0.001}, "nothing in the shadows"),
        ({"clipped_ev0": 0.001, "clipped_ev_4": 0.0}, "nothing bright"),
        ({"clipped_ev0": 0.6}, "60% of the picture is clipped at EV 0"),
        ({"clipped_ev_4": 0.15}, "most pixels clipped at EV 0 are still clipped at EV -4"),
    ],
)
def test_the_gate_rejects_useless_scenes(change, reason):
    assert replace(GOOD, **change).rejection.startswith(reason)
    assert bool(replace(GOOD, **change).rejection) == bool(reason)


def test_a_table_reads_back():
    other = replace(GOOD, family="candle", stops=13.25)
    assert from_csv(to_csv([GOOD, other])) == {("street", 1): GOOD, ("candle", 1): other}


def test_a_job_excludes_the_scenes_that_it_skips():
    scenes = ScenesSpec(families=("street",), skip=("street:2",)).catalogue()
    assert "street-0002" not in [scene.id for scene in scenes]
    assert len(scenes) == 406


def test_every_scene_of_the_full_job_was_examined_and_is_good():
    table = examined()
    assert [scene.id for scene in CATALOGUE if (scene.family, scene.seed) not in table] == []
    assert [scene.id for scene in CATALOGUE if table[scene.family, scene.seed].rejection] == []


def test_the_full_job_has_a_median_of_14_stops_and_no_scene_under_8():
    stops = [examined()[scene.family, scene.seed].stops for scene in CATALOGUE]
    assert median(stops) >= 14
    assert min(stops) >= 8


def test_most_scenes_of_the_full_job_are_clipped_at_ev_0_and_recovered_at_ev_minus_4():
    previews = [examined()[scene.family, scene.seed] for scene in CATALOGUE]
    good = [one for one in previews if one.clipped_ev0 > 0.02 and one.clipped_ev_4 < 0.25 * one.clipped_ev0]
    assert len(good) > 0.8 * len(previews)


def test_every_family_is_in_both_splits_of_the_full_job():
    for split in ("train", "test"):
        assert {scene.family for scene in CATALOGUE if scene.split == split} == set(FAMILIES)


def test_few_seeds_are_excluded():
    assert len(excluded_seeds()) < 0.25 * len(examined())


def test_an_examination_ignores_the_shipped_exclusions():
    (family, seed), *_ = excluded_seeds()
    job = ScenesSpec(families=(family,))
    with ignoring_exclusions() as excluded:
        assert (family, seed) in {(scene.family, scene.seed) for scene in job.catalogue()}
        excluded.add((family, seed))
        assert (family, seed) not in {(scene.family, scene.seed) for scene in job.catalogue()}
    assert (family, seed) in excluded_seeds()
    assert (family, seed) not in {(scene.family, scene.seed) for scene in job.catalogue()}

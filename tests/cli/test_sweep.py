"""``hdrbatch sweep``: what is shown and what is refused before anything is trained."""

import re

import pytest

SWEEP = """\
sweep: shown
dataset: tiny
seeds: 2
groups:
  small:
    set: {training.steps: 36000}
    variants: {default: {network.width: 32}}
    lists: {training.fraction: [0.5]}
  more:
    set: {training.steps: 36000}
    variants: {again: {network.width: 32}}
    lists: {network.width: [16]}
"""


@pytest.fixture
def swept(hdrbatch, tmp_path):
    """``swept(*arguments)`` types a dry run of the sweep above; its dataset is not there."""
    (tmp_path / "shown.yaml").write_text(SWEEP)

    def dry_run(*arguments):
        path = str(tmp_path / "shown.yaml")
        return hdrbatch("sweep", path, "--dry-run", *arguments, store=str(tmp_path / "store"))

    return dry_run


def test_a_sweep_of_a_dataset_that_is_not_there_is_refused(hdrbatch, tiny_files, tmp_path):
    done = hdrbatch("sweep", str(tiny_files / "sweep.yaml"), store=str(tmp_path / "store"))
    assert done.returncode == 2
    assert "dataset 'tiny' is not in" in done.stderr
    assert "make it with hdrbatch render" in done.stderr


def test_a_dry_run_shows_the_variants_before_there_is_a_dataset(swept, tmp_path):
    done = swept()
    assert done.returncode == 0, done.stderr
    assert "dataset 'tiny' is not in" in done.stdout
    assert "is not checked" in done.stdout
    assert not (tmp_path / "store").exists()


def cells(text):
    """Cells of the lines of the variants' tables that begin with a variant."""
    lines = [line.strip() for line in text.splitlines()]
    return [re.split(r"\s{2,}", line) for line in lines if line.startswith(("small-", "more-"))]


def test_a_dry_run_shows_what_differs_the_parameters_and_the_core_hours(swept):
    lines = cells(swept().stdout)
    assert [line[0] for line in lines] == [
        "small-default",
        "small-fraction-0_5",
        "small-default",
        "more-width-16",
    ]
    assert lines[0][1:3] == lines[2][1:3] == ["network.width: 32", "7.8 M"]
    assert lines[1][1:3] == ["network.width: 64", "31.1 M"]
    assert lines[3][1:3] == ["network.width: 16", "1.9 M"]
    assert "training.steps" not in "".join(map("".join, lines))
    narrow, wide = float(lines[3][3]), float(lines[0][3])
    assert 3 * narrow < wide < 4 * narrow


def test_a_dry_run_says_what_is_trained_once_and_what_the_hours_are_of(swept):
    said = swept().stdout
    assert "the same settings, trained once: more-again is small-default" in said
    assert "core hours: of 2 trainings, each with a seed of its own" in said
    (stage,) = [line.split("│") for line in said.splitlines() if "train_variant" in line]
    assert stage[2].strip() == "6"
    hours = {line[0]: float(line[-1]) for line in cells(said)}
    assert sum(hours.values()) == pytest.approx(float(stage[5]), abs=0.02)


def test_only_takes_groups_and_shows_no_others(swept):
    said = swept("--only", "small").stdout
    assert "small-fraction-0_5" in said
    assert "more-width-16" not in said
    assert swept("--only", "less").returncode == 2


def test_a_bad_sweep_is_refused_with_its_file_and_line(hdrbatch, tmp_path):
    (tmp_path / "bad.yaml").write_text(SWEEP.replace("network.width: [16]", "network.wide: [16]"))
    done = hdrbatch("sweep", str(tmp_path / "bad.yaml"), "--dry-run", store=str(tmp_path / "store"))
    assert done.returncode == 2
    assert "bad.yaml:12: groups.more.lists.network.wide" in done.stderr
    assert "did you mean 'network.width'?" in done.stderr


def test_the_keys_are_listed_without_a_file(hdrbatch, tmp_path):
    done = hdrbatch("sweep", "--keys", store=str(tmp_path / "store"))
    assert done.returncode == 0, done.stderr
    assert "network.dropout_at" in done.stdout
    assert "bottleneck, decoder, everywhere" in done.stdout

"""``hdrbatch sweep``: what is shown and what is refused before anything is trained."""

import re
from dataclasses import replace

import pytest

from hdrbatch.kinds import Kind
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.plan.task import Estimate, Plan, Stage, make_task
from hdrbatch.specs.key_reference import variant_keys
from hdrbatch.storage import keys
from tests.tasks.made_up import make_dataset

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
    assert "render it with hdrbatch render" in done.stderr


def test_a_dry_run_shows_the_variants_before_there_is_a_dataset(swept, tmp_path):
    done = swept()
    assert done.returncode == 0, done.stderr
    assert "dataset 'tiny' is not in" in done.stdout
    assert "are not checked" in done.stdout
    assert not (tmp_path / "store").exists()


def rows(text):
    """Name, parameters and core hours of every variant in the tables, with what differs from the first."""
    found = []
    for line in text.partition("variant and its")[2].splitlines():
        if match := re.fullmatch(r" (\S+) +([0-9.]+ [kM]) +([0-9.]+) *", line):
            found.append([*match.groups(), []])
        elif found and re.match(r"   \S+: ", line):
            found[-1][3].append(line.strip())
    return found


def test_a_dry_run_shows_what_differs_the_parameters_and_the_core_hours(swept):
    lines = rows(swept().stdout)
    assert [line[0] for line in lines] == [
        "small-default",
        "small-fraction-0_5",
        "small-default",
        "more-width-16",
    ]
    assert [line[1] for line in lines] == ["7.8 M", "31.1 M", "7.8 M", "1.9 M"]
    assert lines[0][3] == ["network.width: 32", "training.fraction: 1"]
    assert lines[1][3] == ["network.width: 64", "training.fraction: 0.5"]
    assert lines[3][3] == ["network.width: 16"]
    narrow, wide = float(lines[3][2]), float(lines[0][2])
    assert 3 * narrow < wide < 4 * narrow


def test_no_name_and_no_key_is_cut_in_80_columns(hdrbatch, tmp_path):
    name = "a" * 63
    path = tmp_path / "long.yaml"
    path.write_text(
        f"sweep: s\ndataset: d\nvariants:\n  {name}: {{}}\n"
        "  b: {network.dropout: 0.5, training.validation_scenes: 2, network.dropout_at: everywhere}\n"
    )
    environment = {"COLUMNS": "80"}
    store = str(tmp_path / "store")
    done = hdrbatch("sweep", str(path), "--dry-run", store=store, environment=environment)
    assert done.returncode == 0, done.stderr
    for words in (name, "training.validation_scenes: 2", "network.dropout_at: everywhere"):
        assert words in done.stdout
    keys = hdrbatch("sweep", "--keys", store=store, environment=environment).stdout
    assert max(map(len, keys.splitlines())) <= 80
    first = {line.split()[0] for line in keys.splitlines() if line.startswith(" ") and line.strip()}
    assert {"seeds", "groups", "set", "grid", *variant_keys()} <= first
    words = set(keys.split())
    assert {"emor:FILE:c1,c2,...)", "sigmoid:0.9,0.6,", "photographs", "optimisation"} <= words


def test_a_dry_run_says_what_is_trained_once_and_what_the_hours_are_of(swept):
    said = swept().stdout
    assert "the same settings, trained once: more-again is small-default" in said
    assert "core hours: total of 2 training runs with different seeds" in said
    (stage,) = [line.split("│") for line in said.splitlines() if "train_variant" in line]
    assert stage[2].strip() == "6"
    hours = {line[0]: float(line[2]) for line in rows(said)}
    assert sum(hours.values()) == pytest.approx(float(stage[5]), abs=0.02)


def test_only_takes_groups_and_shows_no_others(swept):
    said = swept("--only", "small").stdout
    assert "small-fraction-0_5" in said
    assert "more-width-16" not in said
    assert swept("--only", "less").returncode == 2
    both = swept("--only", "small", "--only", "more-width-16").stdout
    assert "small-fraction-0_5" in both
    assert "more-width-16" in both


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


@pytest.mark.parametrize("outdated", [True, False])
def test_a_dataset_of_an_earlier_version_is_warned_of(outdated, swept, tmp_path):
    from hdrbatch.storage.folder import FolderStore

    store = FolderStore(tmp_path / "store")
    ref = make_dataset(store, tmp_path / "made")
    task = make_task(ref.kind, ref.id, {}, (keys.dataset_index("tiny"),), Estimate(1, 1))
    assert task.ref == ref
    earlier = replace(task, id="tiny/scene", kind=Kind.ASSEMBLE_SCENE, digest="0" * 64)
    first = (Stage(Kind.ASSEMBLE_SCENE, (earlier,)),) if outdated else ()
    save_plan(store, Plan("render-tiny", (*first, Stage(Kind.INDEX_DATASET, (task,)))))
    shown = swept()
    assert ("was made by a version of hdrbatch with different results" in shown.stdout) is outdated

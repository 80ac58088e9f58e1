"""Damaged files of every kind end in an answer: a few of them here, ten thousand with tests.bench.fuzz."""

import random
from subprocess import CompletedProcess

import pytest

from tests import fuzzing
from tests.bench.fuzz import campaign
from tests.fuzzing import Subject, attempt, damaged_bytes, damaged_json, damaged_text


@pytest.mark.parametrize("seed", [1])
def test_damaged_files_are_refused_by_name_or_read_and_never_crash(seed):
    tried, faults = campaign(15, seed)
    assert len(tried) == 15
    assert faults == []


@pytest.mark.parametrize("damage", [damaged_bytes, damaged_text, damaged_json])
def test_damage_changes_a_file_and_is_the_same_for_the_same_seed(damage):
    original = b'{"a": [1, 2.5, "x"],\n "b": {"c": null}}\n' * 5
    damaged = [damage(original, random.Random(seed)) for seed in range(50)]
    assert damaged == [damage(original, random.Random(seed)) for seed in range(50)]
    assert sum(one != original for one in damaged) > 40


@pytest.mark.parametrize(
    ("error", "expected"), [(KeyError("x"), "traceback: KeyError"), (fuzzing.HangError(), "no end after")]
)
def test_a_command_that_crashes_or_hangs_is_noticed(monkeypatch, tmp_path, error, expected):
    def crash(*_):
        raise error

    monkeypatch.setattr(fuzzing, "run_in_process", crash)
    assert expected in fault_of(tmp_path, "render").what
    assert (tmp_path / "job.yaml").read_text() == "dataset: x\n"


def test_a_refusal_that_names_no_file_is_noticed(tmp_path):
    assert fault_of(tmp_path, "no-such-command").what == "the refusal does not name the file"


def test_a_wrong_exit_code_is_noticed(monkeypatch, tmp_path):
    monkeypatch.setattr(fuzzing, "run_in_process", lambda *_: CompletedProcess([], 1, "", "job.yaml"))
    assert fault_of(tmp_path, "render").what == "exit code 1"


def fault_of(folder, command):
    (folder / "job.yaml").write_text("dataset: x\n")
    subject = Subject("job", folder / "job.yaml", damaged_text, lambda _: (command,))
    fault = attempt(subject, 0, folder, folder)
    assert fault is not None
    return fault

"""``hdrbatch models``: every trained model with what it takes and how it scores."""

import json

import pytest

from hdrbatch.kinds import Kind
from hdrbatch.records.scores import NETWORK, EvaluationRecord, SceneScores, Scores
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import Receipt, write_receipt
from hdrbatch.storage.transfer import upload


@pytest.fixture
def train(folder_store, tmp_path):
    """``train("sweep", "variant")`` stores what a training of a network for any bracket leaves."""

    def train(sweep, variant):
        scores = [
            SceneScores(scene="one", method=method, scores=Scores(pu21_psnr=value))
            for method, value in ((NETWORK, 31.25), ("merge of the inputs", 28.5), ("triangle merge", 27.0))
        ]
        record = EvaluationRecord(
            variant=variant,
            dataset="full",
            metric_settings="m",
            input_ev=(-2.0, 0.0, 2.0),
            any_bracket=True,
            scenes=tuple(scores),
        )
        files = {
            keys.evaluation(sweep, variant): record.to_bytes(),
            keys.variant_config(sweep, variant): b'{"num_parameters": 31100000}',
        }
        entries = []
        for key, data in files.items():
            (tmp_path / "result").write_bytes(data)
            entries.append(upload(folder_store, key, tmp_path / "result"))
        task = f"{sweep}/{variant}"
        receipt = Receipt(Kind.TRAIN_VARIANT, task, "d" * 64, tuple(entries), {}, "", 1, 1, 1, {})
        write_receipt(folder_store, receipt)

    return train


def test_every_model_is_listed_by_the_name_that_other_commands_take(hdrbatch, train, folder_store):
    longest = "small-data-dropout-0_1-at-everywhere"
    for variant in ("default", longest):
        train("ablations", variant)
    done = hdrbatch("models", store=folder_store.url, environment={"COLUMNS": "80"})
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    numbers = ["31.1", "M", "31.25", "28.50"]
    assert ["ablations/default", *numbers] in lines
    assert [f"ablations/{longest}", *numbers] in lines
    assert "  full; one to 9 (tested: EV -2, 0, 2)" in done.stdout
    listed = json.loads(hdrbatch("models", "--json", store=folder_store.url).stdout)
    assert listed[0] == {
        "name": "ablations/default",
        "dataset": "full",
        "input_ev": [-2.0, 0.0, 2.0],
        "any_bracket": True,
        "num_parameters": 31100000,
        "pu21_psnr": 31.25,
        "best_baseline_pu21_psnr": 28.5,
    }


def test_a_store_without_models_says_what_makes_them(hdrbatch, tmp_path):
    done = hdrbatch("models", store=str(tmp_path / "empty"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "has no trained model yet; train one with hdrbatch sweep" in done.stdout


def test_a_model_that_cannot_be_read_is_named_and_the_others_are_listed(hdrbatch, train, folder_store):
    train("s", "good")
    train("s", "bad")
    folder_store.put_bytes(keys.evaluation("s", "bad"), b"{}")
    done = hdrbatch("models", store=folder_store.url)
    assert done.returncode == 1
    assert (
        "s/bad cannot be listed: sweeps/s/bad/evaluation.json does not match its recorded size" in done.stderr
    )
    assert "s/good" in done.stdout

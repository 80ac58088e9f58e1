"""The choice of a model, and the rejection of edited or damaged files."""

import json

import pytest

from hdrbatch.errors import CorruptObjectError, MissingInputError, ObjectNotFoundError, UserError
from hdrbatch.kinds import Kind
from hdrbatch.plan.task import Estimate, make_task
from hdrbatch.records.comparison import ComparisonRecord, ComparisonRow
from hdrbatch.records.dataset_index import DatasetRecord
from hdrbatch.records.scores import NETWORK, EvaluationRecord, SceneScores, Scores
from hdrbatch.results.datasets import dataset_names, load_dataset
from hdrbatch.results.trained_models import (
    ModelSummary,
    baseline_warning,
    fetch_model,
    load_comparison,
    model_names,
    model_summary,
)
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import Receipt, write_receipt
from hdrbatch.storage.transfer import upload


@pytest.fixture
def finish(folder_store, tmp_path):
    """Store files as a task's result, with its receipt."""

    def finish(kind, task_id, files):
        path = tmp_path / "result"
        entries = []
        for key, data in files.items():
            path.write_bytes(data)
            entries.append(upload(folder_store, key, path))
        task = make_task(kind, task_id, {}, tuple(files), Estimate(1, 1))
        write_receipt(folder_store, Receipt(kind, task_id, task.digest, tuple(entries), {}, "", 1, 1, 1, {}))

    return finish


def row(variant, num_inputs, pu21_psnr, method=NETWORK):
    scores = Scores(psnr_l=None, psnr_mu=None, pu21_psnr=pu21_psnr, ssim_mu=None, stops_clipped=None)
    return ComparisonRow(variant=variant, num_inputs=num_inputs, method=method, num_scenes=1, mean=scores)


def comparison(sweep, *rows):
    return ComparisonRecord(sweep=sweep, dataset="tiny", metric_settings="", rows=rows)


def evaluation(variant, rows):
    """Of a network whose name begins with ``any``: one that takes any bracket."""
    scenes = tuple(SceneScores(scene="scene", method=one.method, scores=one.mean) for one in rows)
    ev = tuple(float(number) for number in range(rows[0].num_inputs))
    return EvaluationRecord(
        variant=variant,
        dataset="tiny",
        metric_settings="",
        input_ev=ev,
        any_bracket=variant.startswith("any"),
        scenes=scenes,
    )


@pytest.fixture
def train(finish):
    """Finish a sweep: a model for every network of its rows, whose bytes are its name, and the comparison."""

    def train(sweep, *rows):
        for name in dict.fromkeys(one.variant for one in rows if one.method == NETWORK):
            own = [one for one in rows if one.variant == name]
            files = {
                keys.model(sweep, name): f"{sweep}/{name}".encode(),
                keys.evaluation(sweep, name): evaluation(name, own).to_bytes(),
                keys.variant_config(sweep, name): b'{"num_parameters": 123}',
            }
            finish("train_variant", f"{sweep}/{name}", files)
        finish("compare_variants", sweep, {keys.comparison(sweep): comparison(sweep, *rows).to_bytes()})

    return train


@pytest.fixture
def trained(train):
    """Two sweeps; a single photograph's network has the highest score of all, and a baseline a higher one."""
    train(
        "s",
        row("ldr-weak", 1, 20.0),
        row("ldr", 1, 40.0),
        row("ldr", 1, 99.0, method="linearised photograph"),
        row("candidates-weak", 3, 24.0),
        row("candidates-weak", 3, 98.0, method="merge"),
    )
    train("t", row("candidates", 3, 30.0), row("unscored", 3, None), row("ldr-mean", 1, 39.0))


@pytest.mark.parametrize(
    ("num_photos", "best"), [(1, "s/ldr"), (2, "s/ldr"), (3, "t/candidates"), (9, "t/candidates")]
)
def test_the_best_model_of_those_that_take_so_many_photographs_is_chosen(
    num_photos, best, folder_store, trained, tmp_path
):
    name, path = fetch_model(folder_store, None, num_photos, tmp_path / "here")
    assert name == best
    assert path.read_bytes() == best.encode()


@pytest.mark.parametrize(
    ("num_photos", "best"),
    [
        (1, "t/one"),
        (3, "t/any-of-three"),
        (4, "t/any-of-three"),
        (5, "t/five"),
        (7, "t/any-of-three"),
        (12, "t/any-of-three"),
    ],
)
def test_a_model_for_any_bracket_serves_all_counts_that_no_model_was_trained_for(
    num_photos, best, folder_store, train, tmp_path
):
    train("t", row("one", 1, 20.0), row("three", 3, 30.0), row("five", 5, 10.0))
    train("t", row("any-of-one", 1, 99.0), row("any-of-three", 3, 31.0))
    assert fetch_model(folder_store, None, num_photos, tmp_path / "here")[0] == best


def test_a_model_for_three_is_taken_for_three_where_it_scores_higher_than_one_for_any(
    folder_store, train, tmp_path
):
    train("t", row("three", 3, 30.0), row("any", 3, 29.0))
    assert fetch_model(folder_store, None, 2, tmp_path / "here")[0] == "t/any"
    assert fetch_model(folder_store, None, 3, tmp_path / "here")[0] == "t/three"
    assert fetch_model(folder_store, None, 4, tmp_path / "here")[0] == "t/any"
    assert fetch_model(folder_store, None, 1, tmp_path / "here")[0] == "t/any"
    train("single", row("one", 1, 10.0))
    assert fetch_model(folder_store, None, 1, tmp_path / "here")[0] == "single/one"
    train("single", row("any-of-one", 1, 20.0))
    assert fetch_model(folder_store, None, 1, tmp_path / "here")[0] == "single/one"


def test_a_network_without_a_score_comes_last_and_is_better_than_none(folder_store, train, tmp_path):
    train("only", row("unscored", 1, None))
    assert fetch_model(folder_store, None, 1, tmp_path / "here")[0] == "only/unscored"
    train("scored", row("poor", 1, -5.0))
    assert fetch_model(folder_store, None, 1, tmp_path / "here")[0] == "scored/poor"


def test_a_named_variant_is_fetched_whatever_its_score_and_number_of_photographs(
    folder_store, trained, tmp_path
):
    name, path = fetch_model(folder_store, "s/candidates-weak", 1, tmp_path / "here")
    assert name == "s/candidates-weak"
    assert path.read_bytes() == b"s/candidates-weak"


def test_a_file_that_exists_is_taken_before_the_store(folder_store, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "s" / "ldr"
    file.parent.mkdir()
    file.write_bytes(b"mine")
    for wanted in ("s/ldr", str(file)):
        name, path = fetch_model(folder_store, wanted, 1, tmp_path / "here")
        assert (name, path.read_bytes()) == (wanted, b"mine")


@pytest.mark.parametrize("wanted", ["s/none", "none/ldr", "s", "/ldr", "s/", "model.pt"])
def test_an_unknown_model_is_refused_with_those_that_there_are(wanted, folder_store, trained, tmp_path):
    with pytest.raises(UserError) as refused:
        fetch_model(folder_store, wanted, 1, tmp_path / "here")
    said = str(refused.value)
    assert f"--model {wanted}: no such file, and no such variant" in said
    assert said.endswith(f"it has {', '.join(model_names(folder_store))}")
    assert model_names(folder_store) == [
        "s/candidates-weak", "s/ldr", "s/ldr-weak", "t/candidates", "t/ldr-mean", "t/unscored"
    ]  # fmt: skip


def test_a_store_without_models_says_how_to_train_some(folder_store, train, tmp_path):
    with pytest.raises(UserError, match=r"none yet \(hdrbatch sweep trains some\)"):
        fetch_model(folder_store, "s/v", 1, tmp_path)
    with pytest.raises(
        UserError, match=r"no trained model for 1 photograph\(s\) \(trained: none\); train one"
    ):
        fetch_model(folder_store, None, 1, tmp_path)
    train("s", row("candidates", 3, 30.0))
    with pytest.raises(UserError, match=r"no trained model for 2 photograph\(s\)"):
        fetch_model(folder_store, None, 2, tmp_path)


def edited(store, key):
    """Change a stored file so that it is still of its size and still valid JSON."""
    data = store.get_bytes(key)
    assert b'"tiny"' in data
    store.put_bytes(key, data.replace(b'"tiny"', b'"tidy"'))


def cut_short(store, key):
    store.put_bytes(key, store.get_bytes(key)[:-10])


def test_a_model_that_was_changed_is_never_handed_on(folder_store, trained, tmp_path):
    folder_store.put_bytes(keys.model("s", "ldr"), b"s/ldR")
    with pytest.raises(
        CorruptObjectError, match="sweeps/s/ldr/checkpoints/model.pt does not match its recorded"
    ):
        fetch_model(folder_store, None, 1, tmp_path / "here")
    assert not (tmp_path / "here" / "model.pt").exists()


@pytest.mark.parametrize("damage", [edited, cut_short])
def test_a_damaged_comparison_is_refused_by_name_and_hides_no_other(damage, folder_store, trained, tmp_path):
    assert load_comparison(folder_store, "s").sweep == "s"
    damage(folder_store, keys.comparison("t"))
    with pytest.raises(CorruptObjectError, match="sweeps/t/comparison.json does not match its recorded"):
        load_comparison(folder_store, "t")
    assert load_comparison(folder_store, "s").sweep == "s"


def test_a_comparison_without_its_file_or_receipt_is_named(folder_store, trained):
    folder_store.delete(keys.comparison("t"))
    with pytest.raises(ObjectNotFoundError, match="there is no sweeps/t/comparison.json"):
        load_comparison(folder_store, "t")
    with pytest.raises(MissingInputError, match="compare_variants none has no valid receipt"):
        load_comparison(folder_store, "none")
    assert load_comparison(folder_store, "s").sweep == "s"


@pytest.fixture
def datasets(finish):
    for name in ("tiny", "other"):
        data = DatasetRecord(dataset=name, scenes=()).to_bytes()
        finish("index_dataset", name, {keys.dataset_index(name): data})


def test_a_finished_dataset_is_read_and_an_unknown_one_is_refused_with_those_that_there_are(
    folder_store, datasets
):
    assert load_dataset(folder_store, "tiny") == DatasetRecord(dataset="tiny", scenes=())
    assert dataset_names(folder_store) == ["other", "tiny"]
    with pytest.raises(UserError, match="no finished dataset 'tin'; it has other, tiny"):
        load_dataset(folder_store, "tin")


def test_an_index_without_a_receipt_counts_as_not_finished(folder_store):
    folder_store.put_bytes(keys.dataset_index("tiny"), DatasetRecord(dataset="tiny", scenes=()).to_bytes())
    with pytest.raises(UserError, match="no finished dataset 'tiny'; it has none"):
        load_dataset(folder_store, "tiny")


@pytest.mark.parametrize("damage", [edited, cut_short])
def test_an_index_that_was_changed_is_refused_by_name(damage, folder_store, datasets):
    damage(folder_store, keys.dataset_index("tiny"))
    with pytest.raises(CorruptObjectError, match="datasets/tiny/dataset.json does not match its recorded"):
        load_dataset(folder_store, "tiny")
    assert load_dataset(folder_store, "other").dataset == "other"


@pytest.mark.parametrize("data", [b"no JSON", json.dumps({"dataset": "tiny", "scenes": [], "x": 1}).encode()])
def test_an_index_that_is_none_is_refused_by_name(data, folder_store, finish):
    finish("index_dataset", "tiny", {keys.dataset_index("tiny"): data})
    with pytest.raises(CorruptObjectError, match="datasets/tiny/dataset.json is not a valid index"):
        load_dataset(folder_store, "tiny")


def test_a_comparison_of_another_schema_is_named(store, tmp_path):
    path = tmp_path / "comparison.json"
    path.write_text('{"sweep": "other", "newer": 1}')
    entry = upload(store, keys.comparison("other"), path)
    write_receipt(store, Receipt(Kind.COMPARE_VARIANTS, "other", "e" * 64, (entry,), {}, "", 1, 1, 1, {}))
    with pytest.raises(CorruptObjectError, match="is not a valid comparison"):
        load_comparison(store, "other")


def test_a_model_is_chosen_while_its_sweep_has_no_comparison(folder_store, trained, tmp_path):
    for sweep in ("s", "t"):
        folder_store.delete(next(folder_store.list(keys.receipts_of_task("compare_variants", sweep))).key)
    assert fetch_model(folder_store, None, 1, tmp_path / "here")[0] == "s/ldr"


def test_a_network_that_its_baseline_beats_is_doubted(folder_store, trained):
    assert "s/ldr is worse than the linearised photograph (40.0 against 99.0 dB" in baseline_warning(
        folder_store, "s/ldr"
    )
    assert baseline_warning(folder_store, "t/candidates") is None
    assert baseline_warning(folder_store, "/some/file.pt") is None


def test_a_models_summary_says_what_it_takes_and_how_it_scores_beside_its_best_baseline(
    trained, folder_store
):
    assert model_summary(folder_store, "s/ldr") == ModelSummary(
        name="s/ldr",
        dataset="tiny",
        input_ev=(0.0,),
        any_bracket=False,
        num_parameters=123,
        pu21_psnr=40.0,
        best_baseline_pu21_psnr=99.0,
    )
    assert model_summary(folder_store, "s/ldr-weak").best_baseline_pu21_psnr is None


def test_a_model_whose_settings_do_not_say_its_size_is_named(finish, folder_store):
    scored = evaluation("v", [row("v", 1, 20.0)]).to_bytes()
    finish("train_variant", "t/v", {keys.evaluation("t", "v"): scored, keys.variant_config("t", "v"): b"{}"})
    with pytest.raises(CorruptObjectError, match=r"t/v/config.json does not state the number of parameters"):
        model_summary(folder_store, "t/v")

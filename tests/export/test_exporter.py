import hashlib
import json
import shutil
from pathlib import Path

import pytest

from hdrbatch.errors import CorruptObjectError, UnsafeNameError, UserError
from hdrbatch.export.export_folder import JOURNAL, MOVING, PARTIAL, Identity, opened_export
from hdrbatch.export.exporter import LAYOUTS, ExportRequest, ExportResult, export_dataset
from hdrbatch.records.base import parse_record
from hdrbatch.records.dataset_index import DatasetRecord
from hdrbatch.results.datasets import load_dataset
from hdrbatch.storage import keys
from tests.raised import raise_version
from tests.report.conftest import Shop


def state(folder):
    """Files with their bytes and the time they were written."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "index.csv"
    }


def changed(before, after):
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


@pytest.mark.parametrize("layout", ["kalantari", "linear-exr"])
def test_a_store_of_any_kind_is_exported(store, layout, tmp_path):
    shop = Shop(tmp_path / "shop")
    shop.store = store
    shop.add_dataset("set", num_train=1, num_test=1)
    done = []
    result = export_dataset(
        store,
        load_dataset(store, "set"),
        ExportRequest(layout, tmp_path / "out"),
        on_progress=lambda *progress: done.append(progress),
    )
    assert result == ExportResult(num_made=2, num_whole=0, gone=())
    assert done == [(0, 2), (1, 2), (2, 2)]
    lines = (tmp_path / "out/index.csv").read_text().splitlines()[1:]
    for line in lines:
        path, sha256 = line.split(",")[0], line.split(",")[-1]
        assert hashlib.sha256((tmp_path / "out" / path).read_bytes()).hexdigest() == sha256
    assert len(lines) == len(list((tmp_path / "out").glob("*/*/*")))


def test_running_again_writes_nothing_that_is_whole(export, tmp_path):
    export("kalantari")
    before = state(tmp_path / "out")
    assert export("kalantari") == ExportResult(num_made=0, num_whole=3, gone=())
    assert state(tmp_path / "out") == before


@pytest.mark.parametrize(("raised", "num_made"), [("export/kalantari", 3), ("export/linear-exr", 0)])
def test_an_export_by_earlier_code_of_its_layout_is_made_again(export, monkeypatch, raised, num_made):
    export("kalantari")
    raise_version(monkeypatch, raised)
    assert export("kalantari").num_made == num_made
    assert export("kalantari").num_made == 0


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"\0" * 9)])
def test_a_scene_with_a_missing_or_damaged_file_is_made_again_and_no_other(export, tmp_path, damage):
    export("kalantari")
    before = state(tmp_path / "out")
    damage(tmp_path / "out/Training/outdoor-0001/input_2.tif")
    assert export("kalantari") == ExportResult(num_made=1, num_whole=2, gone=())
    after = state(tmp_path / "out")
    assert {name: data for name, (data, _) in before.items() if name != JOURNAL} == {
        name: data for name, (data, _) in after.items() if name != JOURNAL
    }
    assert {name.split("/")[1] for name in changed(before, after) - {JOURNAL}} == {"outdoor-0001"}


def test_a_file_of_the_same_size_with_a_flipped_bit_is_noticed(export, tmp_path):
    export("linear-exr")
    path = tmp_path / "out/train/interior-0001/reference.exr"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert export("linear-exr").num_made == 1
    assert path.read_bytes() == whole


def test_a_scene_that_was_rendered_again_is_exported_again(export, index, tmp_path):
    export("kalantari")
    first, *others = index.scenes
    brighter = first.model_copy(
        update={"scene": first.scene.model_copy(update={"anchor": 2 * first.scene.anchor})}
    )
    again = index.model_copy(update={"scenes": (brighter, *others)})
    before = state(tmp_path / "out")
    assert export("kalantari", index=again) == ExportResult(num_made=1, num_whole=2, gone=())
    touched = changed(before, state(tmp_path / "out"))
    assert f"Training/{first.scene.id}/HDRImg.hdr" in touched
    assert not any(others[0].scene.id in name for name in touched)


def test_an_export_goes_on_after_a_kill_that_cut_the_journal(export, tmp_path):
    export("kalantari")
    journal = tmp_path / "out" / JOURNAL
    *lines, last = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines) + last[:20])
    (tmp_path / "out" / PARTIAL).mkdir()
    (tmp_path / "out" / PARTIAL / "left-over").touch()
    assert export("kalantari") == ExportResult(num_made=1, num_whole=2, gone=())
    assert export("kalantari").num_made == 0
    assert not (tmp_path / "out" / PARTIAL).exists()


def test_a_kill_before_the_first_line_leaves_a_folder_that_can_be_used(export, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / JOURNAL).touch()
    assert export("kalantari").num_made == 3


def test_a_damaged_object_in_the_store_is_named_and_the_scenes_before_it_are_kept(
    export, shop, monkeypatch, tmp_path
):
    from hdrbatch.storage import retrying as retry

    monkeypatch.setattr(retry, "FIRST_DELAY_S", 0.001)
    key = keys.reference("set", "outdoor-0001")
    whole = shop.store.get_bytes(key)
    shop.store.put_bytes(key, whole[:-1] + b"!")
    with pytest.raises(CorruptObjectError, match=f"{key} does not match its recorded size or SHA-256"):
        export("kalantari")
    assert [path.name for path in (tmp_path / "out").glob("T*/*")] == ["interior-0001"]
    assert not (tmp_path / "out" / PARTIAL).exists()
    shop.store.put_bytes(key, whole)
    assert export("kalantari") == ExportResult(num_made=2, num_whole=1, gone=())


def test_splits_can_be_exported_one_after_the_other(export, tmp_path):
    export("kalantari", split="test")
    assert not (tmp_path / "out/Training").exists()
    assert export("kalantari", split="train").num_made == 2
    assert export("kalantari").num_whole == 3
    assert (tmp_path / "out/index.csv").read_text().count("HDRImg.hdr") == 3


def test_a_scene_that_changed_its_split_moves(export, index, tmp_path):
    export("kalantari")
    first, *others = index.scenes
    moved = first.model_copy(update={"scene": first.scene.model_copy(update={"split": "test"})})
    export("kalantari", index=index.model_copy(update={"scenes": (moved, *others)}))
    assert (tmp_path / "out/Test" / first.scene.id).is_dir()
    assert not (tmp_path / "out/Training" / first.scene.id).exists()


def test_scenes_that_the_dataset_has_no_more_are_named_and_kept(export, index, tmp_path):
    export("kalantari")
    first, *others = index.scenes
    result = export("kalantari", index=index.model_copy(update={"scenes": tuple(others)}))
    assert result == ExportResult(num_made=0, num_whole=2, gone=(first.scene.id,))
    assert (tmp_path / "out/Training" / first.scene.id).is_dir()
    assert first.scene.id not in (tmp_path / "out/index.csv").read_text()


def test_a_folder_with_anything_else_in_it_is_refused_and_left_alone(export, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match=r"not empty and holds no export; name a new or empty folder"):
        export("kalantari")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.tex"]
    with pytest.raises(UserError, match=r"thesis.tex: not a folder but a file; name a folder"):
        export("kalantari", output=tmp_path / "out/thesis.tex")


def test_a_folder_with_another_export_is_refused(export, tmp_path):
    export("kalantari")
    before = state(tmp_path / "out")
    for other in ({"layout": "linear-exr"}, {"layout": "kalantari", "ev": (-3.0, 0.0, 3.0)}):
        with pytest.raises(
            UserError, match=r"holds dataset set as kalantari at EV -2,0,2, not dataset set as"
        ):
            export(**other)
    assert state(tmp_path / "out") == before


def test_a_damaged_journal_is_refused(export, tmp_path):
    export("kalantari")
    journal = tmp_path / "out" / JOURNAL
    journal.write_text(journal.read_text().replace('"files"', '"fils"'))
    with pytest.raises(UserError, match=r"is damaged; export into a new folder"):
        export("kalantari")


def test_two_exports_into_one_folder_at_once_are_refused(export, tmp_path):
    identity = Identity("kalantari", "set", (-2.0, 0.0, 2.0))
    with (
        opened_export(tmp_path / "out", identity),
        pytest.raises(UserError, match=r"another process is exporting into it"),
    ):
        export("kalantari")
    assert export("kalantari").num_made == 3


def test_an_exposure_that_a_scene_lacks_is_refused_before_anything_is_written(export, tmp_path):
    expected = r"--ev -2,0,7: interior-0001 of dataset set has no exposure at EV 7; use some of -5,-4,"
    for layout in ("kalantari", "linear-exr"):
        with pytest.raises(UserError, match=expected):
            export(layout, ev=(-2.0, 0.0, 7.0))
    assert not (tmp_path / "out").exists()


def test_a_split_without_scenes_is_refused(export, index, tmp_path):
    training = index.model_copy(update={"scenes": index.split("train")})
    with pytest.raises(UserError, match=r"dataset set has no test scenes to export"):
        export("kalantari", index=training, split="test")
    assert not (tmp_path / "out").exists()


def test_the_journal_is_plain_json_lines(export, tmp_path):
    export("linear-exr", ev=(0.0,))
    first, *scenes = map(json.loads, (tmp_path / "out" / JOURNAL).read_text().splitlines())
    assert first == {"layout": "linear-exr", "dataset": "set", "ev": [0.0]}
    assert [scene["scene"] for scene in scenes] == ["interior-0001", "outdoor-0001", "interior-9001"]


@pytest.mark.parametrize("scene_id", ["../../outside", "/outside", "a/../../../outside", "..", "a\\b", ""])
def test_an_index_whose_scene_leads_out_of_the_export_is_refused(scene_id, shop, index):
    values = index.model_dump(mode="json")
    values["scenes"][0]["scene"]["id"] = scene_id
    with pytest.raises(CorruptObjectError, match="is not a valid"):
        parse_record(json.dumps(values).encode(), "datasets/x/dataset.json", DatasetRecord)


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_links_in_the_folder_of_an_export_are_not_followed_out_of_it(layout, export, index, tmp_path):
    folder = LAYOUTS[layout].folder(index.scenes[0]).partition("/")[0]
    export(layout)
    outside = tmp_path / "outside"
    shutil.move(tmp_path / "out" / folder, outside)
    (tmp_path / "out" / folder).symlink_to(outside)
    before = state(outside)
    with pytest.raises(UnsafeNameError, match="a symbolic link leads out of"):
        export(layout)
    assert state(outside) == before


def test_a_user_s_file_in_the_folder_is_not_overwritten(export, tmp_path):
    export("kalantari", split="test")
    own = tmp_path / "out/Training/outdoor-0001/input_2.tif"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"a user's")
    with pytest.raises(UserError, match=r"input_2\.tif: exists and is not from this export; move it away"):
        export("kalantari")
    assert own.read_bytes() == b"a user's"


@pytest.mark.parametrize("place", ["input_2.tif", "HDRImg.hdr"])
def test_a_kill_while_a_scene_is_moved_to_its_place_can_be_rerun(export, monkeypatch, place, tmp_path):
    moved = Path.replace

    def kill(path, target):
        moved(path, target)
        if str(target).endswith(place):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", kill)
        with pytest.raises(KeyboardInterrupt):
            export("kalantari")
    assert export("kalantari").num_made == 3
    assert export("kalantari").num_made == 0
    assert not (tmp_path / "out" / MOVING).exists()

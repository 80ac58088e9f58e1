"""``hdrbatch dataset show`` and ``export`` as a user runs them."""

import json

import pytest

from hdrbatch.records.dataset_index import DatasetRecord
from hdrbatch.storage import keys
from tests.conftest import run_command
from tests.report.conftest import Shop


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    shop.add_dataset("local", num_train=3, num_test=2)
    return shop


@pytest.fixture
def run(hdrbatch, shop):
    """A command on the store with the dataset."""

    def run(*arguments, **settings):
        return hdrbatch("dataset", *arguments, store=shop.store.url, **settings)

    return run


def index_of(shop):
    return DatasetRecord.model_validate_json(shop.store.get_bytes(keys.dataset_index("local")))


def test_show_prints_scenes_then_statistics(run, shop):
    shown = run("show", "local")
    assert (shown.returncode, shown.stderr) == (0, "")
    lines = shown.stdout.splitlines()
    first = index_of(shop).scenes[0].scene
    row = next(line.split() for line in lines if line.strip().startswith("interior-0001"))
    clipped = [f"{exposure.clipped_fraction:.0%}" for exposure in first.exposures]
    assert row == ["interior-0001", "train", f"{first.dynamic_range_stops:.1f}", *clipped]
    assert "5 scenes (3 train, 2 test); dynamic range in stops:" in shown.stdout
    bars = [line for line in lines if "\N{FULL BLOCK}" in line]
    assert sum(int(line.split()[-1]) for line in bars) == 5
    assert all(line.count("\N{FULL BLOCK}") == int(line.split()[-1]) for line in bars)
    assert ["interior", "2", "1", "1"] in [line.split()[:4] for line in lines]
    assert ["all", "5", "3", "2"] in [line.split()[:4] for line in lines]
    for title in ("clipped, least", "clipped, median", "clipped, most", "black, least", "black, most"):
        assert any(line.strip().startswith(title) for line in lines)


def test_show_works_on_a_terminal_that_has_no_blocks(shop):
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    shown = run_command("dataset", "show", "local", store=shop.store.url, environment=ascii_only)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert sum(line.count("#") for line in shown.stdout.splitlines()) == 5


def test_show_as_json_has_statistics_and_the_index(run, shop):
    shown = run("show", "local", "--json")
    parts = json.loads(shown.stdout)
    assert list(parts) == ["statistics", "index"]
    assert DatasetRecord.model_validate_json(json.dumps(parts["index"])) == index_of(shop)
    assert parts["statistics"]["splits"] == {"train": 3, "test": 2}
    assert len(parts["statistics"]["exposures"]) == 10


def test_show_writes_pictures_and_says_where(run, tmp_path):
    shown = run("show", "local", "--pictures", str(tmp_path / "plots"))
    assert shown.stdout.endswith(
        f"wrote {tmp_path}/plots/stops.png\nwrote {tmp_path}/plots/clipped-and-black.png\n"
    )
    assert (tmp_path / "plots/stops.png").is_file()
    as_json = run("show", "local", "--json", "--pictures", str(tmp_path / "more"))
    json.loads(as_json.stdout)
    assert (tmp_path / "more/stops.png").is_file()


def test_a_dataset_without_scenes_is_shown_as_such(run, shop):
    empty = DatasetRecord(dataset="local", scenes=())
    shop.put_again("index_dataset", "local", keys.dataset_index("local"), empty.to_bytes())
    assert run("show", "local").stdout == "dataset local has no scenes\n"


def test_scenes_with_other_exposures_leave_cells_empty(run, shop):
    index = index_of(shop)
    first, *others = index.scenes
    fewer = first.model_copy(
        update={"scene": first.scene.model_copy(update={"exposures": first.scene.exposures[-1:]})}
    )
    mixed = index.model_copy(update={"scenes": (fewer, *others)})
    shop.put_again("index_dataset", "local", keys.dataset_index("local"), mixed.to_bytes())
    lines = run("show", "local").stdout.splitlines()
    head = next(line.rstrip() for line in lines if line.split()[:2] == ["scene", "split"])
    row = next(line.rstrip() for line in lines if line.strip().startswith(first.scene.id))
    assert head.endswith("+4")
    assert len(row.split()) == 4
    assert len(row) == len(head)


def test_export_writes_a_layout_and_a_second_run_nothing(run, tmp_path):
    out = tmp_path / "sig17"
    arguments = ("export", "local", str(out), "--layout", "kalantari", "--ev", "-3,0,3")
    first = run(*arguments)
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines() == [
        f"{out}: 5 scene(s) written, 0 skipped (already exported)",
        f"exposure and unit of every file: {out}/index.csv",
    ]
    assert len(list(out.glob("Training/*/input_*.tif"))) == 9
    assert (out / "Test/interior-9001/exposure.txt").read_text().split() == [
        "0.000000",
        "3.000000",
        "6.000000",
    ]
    assert f"{out}: 0 scene(s) written, 5 skipped (already exported)" in run(*arguments).stdout


def test_export_of_one_split_takes_every_exposure_where_none_is_named(run, tmp_path):
    done = run("export", "local", str(tmp_path / "out"), "--layout", "linear-exr", "--split", "test")
    assert "2 scene(s) written" in done.stdout
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_dir()] == ["test"]
    assert len(list((tmp_path / "out").glob("test/*/ev*.png"))) == 20


def test_export_warns_of_scenes_that_are_no_longer_in_the_dataset(run, shop, tmp_path):
    arguments = ("export", "local", str(tmp_path / "out"), "--layout", "linear-exr", "--ev", "0")
    run(*arguments)
    index = index_of(shop)
    fewer = index.model_copy(update={"scenes": index.scenes[1:]})
    shop.put_again("index_dataset", "local", keys.dataset_index("local"), fewer.to_bytes())
    assert (
        "warning: 1 scene(s) of an earlier export are no longer in the dataset, such as interior-0001"
        in run(*arguments).stdout
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--layout", "matlab"], "--layout matlab: use one of kalantari, linear-exr"),
        (["--layout", "kalantari", "--split", "both"], "--split both: use one of all, train, test"),
        (
            ["--layout", "kalantari", "--ev", "dark"],
            "--ev dark: not a list of EVs; write a range such as -5..4",
        ),
        (["--layout", "kalantari", "--ev", "-2,0"], "--ev -2,0: the layout kalantari has three photographs"),
        (["--layout", "linear-exr", "--ev", "9"], "--ev 9: interior-0001 of dataset local has no exposure"),
    ],
)
def test_export_refuses_bad_input_with_a_remedy_and_writes_nothing(run, tmp_path, arguments, expected):
    done = run("export", "local", str(tmp_path / "out"), *arguments)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()

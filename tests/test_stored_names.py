import pytest

from hdrbatch.errors import UnsafeNameError
from hdrbatch.stored_names import check_key, check_name, path_below

HOSTILE = [
    "",
    "/",
    "/etc/passwd",
    "//host/share",
    "..",
    ".",
    "../outside",
    "a/../../outside",
    "a/..",
    "a/./b",
    "a//b",
    "a/",
    "a\\..\\b",
    "C:\\windows",
    "a\0b",
    "a\nb",
    "a\x1b[2Jb",
    "a\x7fb",
    "a\u202eb",
    "a\ud800b",
    "a" * 300,
    "b/" * 600 + "b",
]
"""Keys that lead out of a folder, or do something to whoever prints them."""


@pytest.mark.parametrize("key", [*HOSTILE, None, 3, b"bytes", ["a"]])
def test_a_hostile_key_is_refused_with_words_that_can_be_printed(key, tmp_path):
    with pytest.raises(UnsafeNameError, match="is not a valid key") as refused:
        check_key(key)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 200
    with pytest.raises(UnsafeNameError):
        path_below(tmp_path, key)


@pytest.mark.parametrize(
    "key",
    [
        "datasets/local/scenes/street-0002/exposures/ev+1.5.exr",
        "receipts/render_exposure/local/street-0002/ev-2@" + "a" * 64 + ".json",
        "sweeps/s/v/tensorboard/events.out.tfevents.17.node-1.42.0",
        "inputs/" + "a" * 64 + ".blend",
        "datasets/Straße/dataset.json",
        "a b/c..d/...",
    ],
)
def test_ordinary_keys_are_accepted(key, tmp_path):
    assert check_key(key) == key
    assert path_below(tmp_path, key) == tmp_path / key


def test_a_name_is_one_part():
    assert check_name("street-0002") == "street-0002"
    with pytest.raises(UnsafeNameError, match="has a slash"):
        check_name("a/b")


@pytest.mark.parametrize("depth", [1, 2])
def test_a_link_that_leads_out_of_the_folder_is_refused_and_one_within_is_followed(tmp_path, depth):
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "inside").mkdir(parents=True)
    outside.mkdir()
    folder = root if depth == 1 else root / "deep"
    folder.mkdir(exist_ok=True)
    (folder / "out").symlink_to(outside)
    (folder / "in").symlink_to(root / "inside")
    (folder / "circle").symlink_to(folder / "circle")
    below = "" if depth == 1 else "deep/"
    for name in ("out", "out/file", "circle"):
        with pytest.raises(UnsafeNameError, match="a symbolic link leads out of"):
            path_below(root, below + name)
    assert path_below(root, f"{below}in/file").resolve() == root / "inside" / "file"


def test_the_folder_itself_may_be_reached_through_a_link(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "root")
    assert path_below(tmp_path / "link", "a/b") == tmp_path / "link" / "a" / "b"

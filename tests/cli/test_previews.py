"""Previews replace previews alone."""

import json

import pytest

from hdrbatch.catalogue.scene import Scene
from hdrbatch.cli.previews import PreviewSize, make_previews
from hdrbatch.errors import UserError

SCENE = Scene("street", 1, "train")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("street-0001.exr", "a user's"),
        ("street-0001.json", "a user's"),
        ("street-0001.json", "[]"),
        ("street-0001.json", '{"mine": 1}'),
    ],
)
def test_a_user_s_file_is_not_replaced(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=rf"--out {tmp_path}: {tmp_path / name} exists and is not a preview"):
        next(make_previews([SCENE], tmp_path, PreviewSize(32, 1), 1))
    assert (tmp_path / name).read_text() == content


def test_what_a_kill_left_is_rendered_again(tmp_path, monkeypatch):
    (tmp_path / "street-0001.json").write_text(json.dumps({"version": "unfinished"}))
    (tmp_path / "street-0001.exr").write_bytes(b"cut short")
    monkeypatch.setattr(
        "hdrbatch.cli.previews._render_all", lambda scenes, *_: ((one, "again") for one in scenes)
    )
    assert list(make_previews([SCENE], tmp_path, PreviewSize(32, 1), 1)) == [(SCENE, "again")]


def test_a_folder_that_is_none_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"--out .*file: cannot be written: .* is not a folder"):
        next(make_previews([SCENE], tmp_path / "file", PreviewSize(32, 1), 1))

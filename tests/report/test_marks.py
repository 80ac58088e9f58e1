"""Only pages and pictures with hdrbatch's mark are replaced."""

import numpy as np
import pytest
from PIL import Image

from hdrbatch.errors import UserError
from hdrbatch.report.marks import check_replaceable, png_mark
from hdrbatch.report.page import write_page
from hdrbatch.report.plots import write_png
from hdrbatch.storage.folder import FolderStore

PIXELS = Image.fromarray(np.zeros((4, 4, 3), np.uint8))


def test_what_hdrbatch_wrote_may_be_replaced(tmp_path):
    PIXELS.save(tmp_path / "sheet.png", pnginfo=png_mark())
    write_png(tmp_path / "plot.png", lambda *_: None, (1, 1))
    for _ in range(2):
        write_page(FolderStore(tmp_path / "store"), [], tmp_path / "report.html")
    (tmp_path / "empty.html").touch()
    for name in ("sheet.png", "plot.png", "report.html", "empty.html", "new/report.html"):
        check_replaceable(tmp_path / name, "-o")


@pytest.mark.parametrize("name", ["report.html", "plot.png", "picture.png"])
def test_a_user_s_file_is_not_replaced(tmp_path, name):
    path = tmp_path / name
    if name == "picture.png":
        PIXELS.save(path)
    else:
        path.write_text("<html>my own page")
    with pytest.raises(UserError, match=rf"-o {path}: exists and is not from hdrbatch; choose another name"):
        check_replaceable(path, "-o")
    before = path.read_bytes()
    with pytest.raises(UserError, match="is not from hdrbatch"):
        write_page(FolderStore(tmp_path / "store"), [], path)
    assert path.read_bytes() == before


def test_what_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match=r"report\.html: cannot be written: .*file is not a folder"):
        check_replaceable(tmp_path / "file" / "report.html", "-o")
    with pytest.raises(UserError, match="it is a folder; name a file"):
        check_replaceable(tmp_path, "-o")

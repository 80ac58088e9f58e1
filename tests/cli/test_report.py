"""The page is never written over something that is no page."""

import pytest

from hdrbatch.cli.report import report
from hdrbatch.errors import UserError


def test_a_page_that_would_not_be_called_html_is_refused_and_nothing_is_written(tmp_path):
    photograph = tmp_path / "IMG_1.jpg"
    photograph.write_bytes(b"a photograph")
    with pytest.raises(UserError, match=r"the page is an HTML file; name it .*IMG_1\.html"):
        report(output=photograph, store=str(tmp_path / "store"))
    assert photograph.read_bytes() == b"a photograph"


def test_a_store_that_is_not_there_is_refused_unless_there_are_photographs_to_show(tmp_path):
    page, store = tmp_path / "report.html", str(tmp_path / "nosuch")
    with pytest.raises(
        UserError, match=r"--store .*/nosuch: there are no finished results to report; name ano"
    ):
        report(output=page, store=store)
    assert not page.exists()
    (tmp_path / "photos").mkdir()
    report(output=page, photos=[tmp_path / "photos"], store=store)
    assert page.is_file()

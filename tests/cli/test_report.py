"""The page is never written over something that is no page."""

import pytest

from hdrbatch.cli.report import report
from hdrbatch.errors import UserError


def test_a_page_that_would_not_be_called_html_is_refused_and_nothing_is_written(tmp_path):
    photograph = tmp_path / "IMG_1.jpg"
    photograph.write_bytes(b"a photograph")
    with pytest.raises(UserError, match=r"the page is an HTML file: call it .*IMG_1\.html"):
        report(output=photograph, store=str(tmp_path / "store"))
    assert photograph.read_bytes() == b"a photograph"

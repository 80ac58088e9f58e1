"""Tables on terminals of any width."""

import io

import pytest
from rich.console import Console
from rich.table import Table

from hdrbatch.submit.narrow_table import print_table


def printed(width):
    table = Table("stage", "tasks", "not submitted", title="a-plan-with-a-long-name-0123456789")
    table.add_row("render_exposure", "1000", "7")
    table.add_row("index_dataset", "1", "")
    output = io.StringIO()
    print_table(Console(width=width, file=output), table)
    return output.getvalue()


@pytest.mark.parametrize("width", [10, 20, 30, 40])
def test_a_table_that_does_not_fit_is_a_paragraph_for_each_row_with_its_whole_name(width):
    lines = printed(width).splitlines()
    assert lines[0] == "a-plan-with-a-long-name-0123456789"
    assert {"render_exposure", "index_dataset"} <= set(lines)
    assert "\N{HORIZONTAL ELLIPSIS}" not in printed(width)
    words = " ".join(printed(width).split())
    assert "render_exposure tasks 1000, not submitted 7 index_dataset tasks 1" in words


def test_a_table_that_fits_is_printed_as_it_is():
    assert "\N{BOX DRAWINGS LIGHT VERTICAL} render_exposure \N{BOX DRAWINGS LIGHT VERTICAL}" in printed(60)

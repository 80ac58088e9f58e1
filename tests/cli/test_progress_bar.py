import io

from rich.console import Console

from hdrbatch.cli import progress_bar
from hdrbatch.submit import terminal


def on_a_terminal(monkeypatch):
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=80)
    monkeypatch.setattr(terminal, "terminal", lambda **_: console)
    return text


def test_a_bar_shows_what_is_worked_on_and_how_much_is_done(monkeypatch):
    shown = on_a_terminal(monkeypatch)
    assert list(progress_bar.with_bar(iter("abc"), "scenes of a[b]", total=3)) == ["a", "b", "c"]
    assert "scenes of a[b]" in shown.getvalue()
    assert "3/3" in shown.getvalue()


def test_a_spinner_has_its_title(monkeypatch):
    shown = on_a_terminal(monkeypatch)
    with progress_bar.with_spinner("making [it]"):
        pass
    assert "making [it]" in shown.getvalue()


def test_where_there_is_no_terminal_nothing_is_printed(capfd):
    assert list(progress_bar.with_bar([1, 2], "numbers")) == [1, 2]
    with progress_bar.with_spinner("working"):
        pass
    captured = capfd.readouterr()
    assert captured.out.strip() == ""
    assert captured.err.strip() == ""

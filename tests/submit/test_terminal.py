"""Square brackets in names and paths are text and no markup, in every command."""

from pathlib import Path

import pytest

import hdrbatch as package
from hdrbatch.submit.terminal import terminal

COMMANDS = [
    ("render", "{files}/job.yaml", "--dry-run"),
    ("sweep", "{files}/sweep.yaml", "--dry-run"),
    ("status",),
    ("models",),
    ("store", "gc"),
    ("dataset", "show", "none[b]"),
    ("status", "none[/b]"),
]


@pytest.mark.parametrize("store", ["a[b]", "a[bold red]c", "[/bold]", "[[x]]", ":smile:"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_brackets_in_an_address_or_a_name_are_printed(hdrbatch, tiny_files, store, command):
    folder = tiny_files / store
    folder.mkdir(parents=True)
    done = hdrbatch(*(word.format(files=tiny_files) for word in command), store=str(folder))
    said = done.stdout + done.stderr
    assert done.returncode in (0, 2), said
    assert "Traceback" not in said
    if "--dry-run" in command or command in (("status",), ("models",)):
        assert store in said.replace("\n", "")


def test_tables_take_no_markup_either(capsys):
    from rich.table import Table

    table = Table("[bold]a", title="[red]t")
    table.add_row("[/x]")
    terminal().print(table)
    printed = capsys.readouterr().out
    assert all(text in printed for text in ("[bold]a", "[red]t", "[/x]"))


def test_every_console_is_made_here():
    root = Path(package.__file__).parent
    makers = [path.name for path in root.rglob("*.py") if "Console(" in path.read_text()]
    assert makers == ["terminal.py"]

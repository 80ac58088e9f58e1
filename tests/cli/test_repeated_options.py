"""An option given twice: taken both times, or refused; never only the last."""

from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from hdrbatch.cli.app import app

COMMANDS = typer.main.get_command(app)


def commands(group=COMMANDS, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def options(kind) -> list:
    """Every option of every command of which ``kind`` is true, by the command's path."""
    return [
        pytest.param(path, option.opts[0], id=" ".join((*path, option.opts[0])))
        for path, command in commands()
        for option in command.params
        if option.param_type_name == "option" and kind(option)
    ]


def single(option) -> bool:
    return not (option.is_flag or option.multiple or option.name in ("keys", "help"))


@pytest.mark.parametrize(("path", "option"), options(single))
def test_an_option_of_one_value_is_refused_when_it_is_given_twice(path, option):
    done = CliRunner().invoke(app, [*path, option, "1", option, "2"])
    assert done.exit_code == 2
    said = " ".join(done.output.replace("│", " ").split())
    assert f"Invalid value for '{option}'" in said
    assert "given twice, but only the last would count; give it once" in said


@pytest.mark.parametrize("name", ["merge", "reconstruct"])
def test_a_flag_and_its_opposite_are_refused_together(name):
    done = CliRunner().invoke(app, [name, "a.jpg", "-o", "a.exr", "--align", "--no-align"])
    assert done.exit_code == 2
    assert "given twice" in done.output


def test_a_plain_flag_may_be_given_twice(tmp_path):
    done = CliRunner().invoke(app, ["status", "--json", "--json", "--store", str(tmp_path)])
    assert (done.exit_code, done.output.strip()) == (0, "[]")


def test_what_is_taken_several_times_is_what_its_help_says():
    several = {(*path, option.opts[0]) for path, command in commands() for option in command.params
               if option.param_type_name == "option" and option.multiple}  # fmt: skip
    assert several == {
        ("sweep", "--only"),
        ("evaluate", "--panorama"),
        ("merge", "--tone-map"),
        ("reconstruct", "--tone-map"),
        ("report", "--photos"),
    }
    for path, command in commands():
        for option in command.params:
            if (*path, option.opts[0]) in several:
                assert "may be given several times" in option.help

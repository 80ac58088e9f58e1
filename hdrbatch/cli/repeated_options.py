"""Commands that reject a repeated option of which only the last would count."""

from typing import Any

import typer
from typer.core import TyperCommand


class OnceCommand(TyperCommand):
    """A command that rejects repeated options, except plain flags and options that take several values."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line; raise BadParameter (exit code 2) for a repeated option."""
        if not ctx.resilient_parsing:
            given: list[Any] = list(self.make_parser(ctx).parse_args(args=list(args))[2])
            for number, parameter in enumerate(given):
                if _keeps_the_last(parameter) and parameter in given[:number]:
                    raise typer.BadParameter(
                        "given twice, but only the last would count; give it once", ctx=ctx, param=parameter
                    )
        return super().parse_args(ctx, args)


def refuse_repeats(app: typer.Typer) -> None:
    """Make all commands of an app and of its sub-apps an `OnceCommand`."""
    for command in app.registered_commands:
        command.cls = OnceCommand
    for group in app.registered_groups:
        if group.typer_instance is not None:
            refuse_repeats(group.typer_instance)


def _keeps_the_last(parameter: Any) -> bool:
    """Whether a parameter is an option of one value, which excludes flags that can only be set."""
    if parameter.param_type_name != "option" or parameter.multiple or parameter.count:
        return False
    return not parameter.is_flag or bool(parameter.secondary_opts)

"""``hdrbatch doctor``: checks everything that the next command would need."""

import typer

from hdrbatch.cli.options import DEFAULT_STORE, StoreOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(store: StoreOption = DEFAULT_STORE) -> None:
    """Check Blender and its system libraries, torch, the store and scratch space, and say what to do.

    Example: hdrbatch doctor --store s3://bucket/project
    """
    from rich.console import Console

    from hdrbatch.submit.diagnosis import diagnose

    console = Console(soft_wrap=True, highlight=False)
    findings = diagnose(store)
    for finding in findings:
        mark = "[green]ok[/green]  " if finding.is_good else "[red]bad[/red] "
        console.print(f"{mark} {finding.subject}: ", end="")
        console.print(finding.text, markup=False)
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(1)

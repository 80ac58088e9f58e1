"""``hdrbatch doctor``: check everything that the next command needs."""

import typer

from hdrbatch.cli.options import DEFAULT_STORE, ClusterOption, StoreOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(cluster: ClusterOption = None, store: StoreOption = DEFAULT_STORE) -> None:
    """Check everything that the next command needs, and say how to fix what is missing.

    On a Slurm cluster, a one-minute job per image checks a node: the shared folder, scratch space, the
    image, the store with its credentials, Blender, torch and its GPU.

    Example: hdrbatch doctor --cluster mycluster --store s3://bucket/project
    """
    from rich.text import Text

    from hdrbatch.doctor.diagnosis import diagnose
    from hdrbatch.submit.run import load_cluster
    from hdrbatch.submit.terminal import terminal

    console = terminal(soft_wrap=True)
    is_good = True
    for finding in diagnose(store, load_cluster(cluster)):
        is_good &= finding.is_good
        mark = Text("ok  ", style="green") if finding.is_good else Text("bad ", style="red")
        console.print(mark.append(f" {finding.subject}: {finding.text}", style="default"))
    if not is_good:
        raise typer.Exit(1)

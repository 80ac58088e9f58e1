"""Options that several commands share."""

from typing import Annotated

import typer

from hdrbatch.storage import address

DEFAULT_STORE = address.DEFAULT_STORE

StoreOption = Annotated[
    str,
    typer.Option(
        "--store",
        envvar="HDRBATCH_STORE",
        help="Folder, or s3://bucket/prefix (credentials from the environment or the AWS profile).",
    ),
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        envvar="HDRBATCH_CLUSTER",
        help="Name of a file in infra/clusters/, or a path to one; default: Slurm where there is one, "
        "else this machine.",
        show_default=False,
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show stages, tasks, core hours and bytes; run nothing.")
]
WaitOption = Annotated[
    bool,
    typer.Option("--wait", help="Follow what was submitted until it has ended; Ctrl-C leaves it running."),
]
PackOption = Annotated[
    int, typer.Option("--pack", min=1, help="Tasks that run one after the other in an element of an array.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

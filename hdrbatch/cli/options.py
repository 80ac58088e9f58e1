"""Options that several commands share."""

from typing import Annotated

import typer

DEFAULT_STORE = "hdrbatch-store"

StoreOption = Annotated[
    str,
    typer.Option(
        "--store",
        envvar="HDRBATCH_STORE",
        help="Folder, or s3://bucket/prefix (credentials from the environment or the AWS profile).",
    ),
]
ClusterOption = Annotated[
    str,
    typer.Option("--cluster", help="Name of a file in infra/clusters/, or a path to one."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show stages, tasks, core hours and bytes; run nothing.")
]
WaitOption = Annotated[
    bool, typer.Option("--wait", help="Follow until all is done (this machine's workers always are).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

"""Options that several commands share."""

from typing import Annotated

import typer

from hdrbatch.storage import address
from hdrbatch.submit.run import CLUSTER_VARIABLE

DEFAULT_STORE = address.DEFAULT_STORE

StoreOption = Annotated[
    str,
    typer.Option(
        "--store",
        envvar=address.STORE_VARIABLE,
        help="Folder, or s3://bucket/prefix (credentials from the environment or the AWS profile).",
    ),
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        envvar=CLUSTER_VARIABLE,
        help="Name of a file in infra/clusters/, or a path to one; default: Slurm if it is available, "
        "otherwise this machine.",
        show_default=False,
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show stages, tasks, core hours and bytes; run nothing.")
]
WaitOption = Annotated[
    bool,
    typer.Option(
        "--wait",
        help="Wait for the submitted tasks to end, showing progress; Ctrl-C stops waiting, not the tasks.",
    ),
]
PackOption = Annotated[
    int,
    typer.Option(
        "--pack", min=1, help="Number of tasks that share one array element and run one after the other."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

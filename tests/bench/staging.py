"""Files up to and down from an S3 server, beside ``rclone copy`` of the same files to the same server.

rclone is a command, so its time has its start in it. Ours is measured inside a process that has its store
open, as a worker has, and as a process of its own.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hdrbatch.storage.base import Store
from hdrbatch.storage.s3 import S3Store
from hdrbatch.storage.server import BUCKET, S3Server, serve
from hdrbatch.storage.transfer import download_all, upload_all

SETS = {"300 of 20 kB": (300, 20_000), "40 of 4 MB": (40, 4_000_000), "1 of 256 MB": (1, 256_000_000)}
NUM_ROUNDS = 3

OWN_PROCESS = """
import sys
from pathlib import Path
from tests.bench.staging import fetch, stage
from hdrbatch.storage.s3 import S3Store
from hdrbatch.storage.server import BUCKET
(stage if sys.argv[1] == "up" else fetch)(S3Store(BUCKET), Path(sys.argv[2]), sys.argv[3])
"""


def run() -> None:
    """Print median seconds of each way, and their ratios to rclone's."""
    table = Table(
        title=f"staging, median of {NUM_ROUNDS} (below 1: faster than rclone copy)", title_justify="left"
    )
    columns = ("files", "", "rclone (s)", "open store (s)", "ratio", "own process (s)", "ratio")
    for column in columns:
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder) / "server") as server:
        os.environ |= server.environment()
        store = S3Store(BUCKET)
        for title, (number, num_bytes) in SETS.items():
            source = Path(folder) / f"set-{number}"
            source.mkdir()
            for index in range(number):
                (source / f"{index:03d}").write_bytes(os.urandom(num_bytes))
            for direction, (theirs, opened, own) in measured(store, server, source).items():
                ratios = (f"{opened / theirs:.2f}", f"{own / theirs:.2f}")
                table.add_row(
                    title, direction, f"{theirs:.2f}", f"{opened:.2f}", ratios[0], f"{own:.2f}", ratios[1]
                )
            shutil.rmtree(source)
    Console(width=140).print(table)


def measured(store: Store, server: S3Server, source: Path) -> dict[str, tuple[float, float, float]]:
    """Median seconds up and down of rclone, of an open store and of a process of our own, taken in turns."""
    times_s: dict[str, list[list[float]]] = {"up": [[], [], []], "down": [[], [], []]}
    target = source.parent / "target"
    for round_number in range(NUM_ROUNDS):
        for direction, seconds in times_s.items():
            for way in range(3):
                # A new prefix each time: every way begins with nothing where it writes to.
                prefix = f"{source.name}-{way}-{round_number}"
                seconds[way].append(timed(ways(server, store, source, target, prefix, direction)[way]))
                if direction == "down":
                    assert {path.name for path in target.iterdir()} == {
                        path.name for path in source.iterdir()
                    }
                    shutil.rmtree(target)
    return {
        direction: tuple(statistics.median(one) for one in seconds) for direction, seconds in times_s.items()
    }


def ways(
    server: S3Server, store: Store, source: Path, target: Path, prefix: str, direction: str
) -> tuple[Callable[[], object], ...]:
    """rclone, the open store, a process of our own."""
    remote = f"bench:{BUCKET}/{prefix}"
    ours, place = (stage, source) if direction == "up" else (fetch, target)
    copied = (str(source), remote) if direction == "up" else (remote, str(target))
    rclone = [str(Path(sys.executable).parent / "rclone"), "copy", *copied]
    own = [sys.executable, "-c", OWN_PROCESS, direction, str(place), prefix]
    return (
        lambda: subprocess.run(rclone, env=os.environ | rclone_environment(server), check=True),
        lambda: ours(store, place, prefix),
        lambda: subprocess.run(own, check=True),
    )


def rclone_environment(server: S3Server) -> dict[str, str]:
    """rclone as a client of the same server; it finds the credentials in the variables of AWS."""
    return {
        "RCLONE_CONFIG": os.devnull,
        "RCLONE_CONFIG_BENCH_TYPE": "s3",
        "RCLONE_CONFIG_BENCH_PROVIDER": "Rclone",
        "RCLONE_CONFIG_BENCH_ENV_AUTH": "true",
        "RCLONE_CONFIG_BENCH_ENDPOINT": server.endpoint,
    }


def stage(store: Store, source: Path, prefix: str) -> None:
    """Upload a folder; keeps the entries beside it for the way back."""
    import json
    from dataclasses import asdict

    entries = upload_all(store, {f"{prefix}/{path.name}": path for path in source.iterdir()})
    listing = source.parent / f"{prefix}.json"
    listing.write_text(json.dumps([asdict(entry) for entry in entries]))


def fetch(store: Store, target: Path, prefix: str) -> None:
    """Download what was uploaded under a prefix."""
    import json

    from hdrbatch.records.file_entry import FileEntry

    listing = json.loads((target.parent / f"{prefix}.json").read_text())
    entries = [FileEntry(**values) for values in listing]
    download_all(store, {entry: target / Path(entry.key).name for entry in entries})


def timed(action: Callable[[], object]) -> float:
    """Wall seconds of a call."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin

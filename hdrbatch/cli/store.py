"""``hdrbatch store``: the store itself."""

from pathlib import Path
from typing import Annotated

import typer

from hdrbatch.cli.options import DEFAULT_STORE, JsonOption, StoreOption

app = typer.Typer(help="The store: a folder, or a bucket of an S3 service.", no_args_is_help=True)


@app.command("serve", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def serve(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder that holds the bucket.")],
    port: Annotated[int | None, typer.Option("--port", help="On 127.0.0.1; default: a free one.")] = None,
) -> None:
    """Serve a folder as S3 on loopback, with generated credentials.

    Runs the command behind -- with the environment set, and ends with it; without one it prints the
    environment and serves until Ctrl-C.

    Example: hdrbatch store serve /data/s3 -- hdrbatch render local
    """
    import os
    import signal
    import subprocess

    from hdrbatch.errors import UserError
    from hdrbatch.storage.server import BUCKET
    from hdrbatch.storage.server import serve as serve_s3

    with serve_s3(folder, port) as server:
        if context.args:
            print(f"store: s3://{BUCKET} of {folder} at {server.endpoint}", flush=True)
            try:
                process = subprocess.Popen(context.args, env=os.environ | server.environment())
            except OSError as error:
                raise UserError(f"{context.args[0]}: cannot be run: {error.strerror}") from None
            # Ctrl-C reaches the command from the terminal, and it decides; other signals are passed on.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda number, _: process.send_signal(number))
            code = process.wait()
            raise typer.Exit(code if code >= 0 else 128 - code)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        for name, value in server.environment().items():
            print(f"export {name}={value}")
        print(f"# serving {folder}; Ctrl-C ends it", flush=True)
        try:
            server.process.wait()
        except KeyboardInterrupt:
            return


@app.command("ls")
def list_objects(
    prefix: Annotated[str, typer.Argument(help="Beginning of the keys: datasets/local/.")] = "",
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """List objects with their sizes.

    Example: hdrbatch store ls datasets/local/
    """
    import json
    from dataclasses import asdict

    from hdrbatch.storage.address import open_store

    found = list(open_store(store).list(prefix))
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=1))
        return
    for one in found:
        print(f"{one.num_bytes:12d}  {one.key}")
    print(f"{sum(one.num_bytes for one in found):12d}  in {len(found)} objects")


@app.command("verify")
def verify(
    store: StoreOption = DEFAULT_STORE,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Withdraw receipts of damaged files, so that they are made again."),
    ] = False,
) -> None:
    """Re-hash every file that has a receipt.

    Example: hdrbatch store verify --repair
    """
    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.verification import verify_receipts

    opened = open_store(store)
    num_files, num_damaged = 0, 0
    for verified in verify_receipts(opened):
        num_files += verified.num_files
        num_damaged += bool(verified.damage)
        for line in verified.damage:
            print(line)
        if verified.damage and repair:
            opened.delete(verified.key)
    print(f"{num_files} files read; {num_damaged} receipt(s) with damage{', withdrawn' if repair else ''}")
    if num_damaged:
        raise typer.Exit(1)


@app.command("gc")
def collect_garbage(
    store: StoreOption = DEFAULT_STORE,
    delete: Annotated[bool, typer.Option("--delete", help="Delete what is listed.")] = False,
) -> None:
    """List objects that no receipt names, and files left over; --delete removes them.

    For a store at rest: what a running task has stored has no receipt yet. Example: hdrbatch store gc
    """
    import shutil

    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.folder import FolderStore
    from hdrbatch.submit.garbage import finished_log_folders, unreferenced

    opened = open_store(store)
    found = list(unreferenced(opened))
    for one in found:
        print(f"{one.num_bytes:12d}  {one.key}")
        if delete:
            opened.delete(one.key)
    print(f"{len(found)} object(s) that no receipt names{', deleted' if delete else ''}")
    for folder in finished_log_folders(opened):
        print(f"{'':12s}  {folder}: Slurm's logs of arrays whose plan is done")
        if delete:
            shutil.rmtree(folder, ignore_errors=True)
    if delete and isinstance(opened, FolderStore):
        print(f"{opened.delete_leftovers(older_than_s=3600)} temporary file(s) of killed writers deleted")

"""``hdrbatch store``: serve, list, verify and clean a store."""

from pathlib import Path
from typing import Annotated

import typer

from hdrbatch.cli.options import DEFAULT_STORE, JsonOption, StoreOption

app = typer.Typer(help="The store: a folder, or a bucket of an S3 service.", no_args_is_help=True)


@app.command("serve", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def serve(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder with the bucket's files.")],
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65535, help="Port on 127.0.0.1; default: a free one."),
    ] = None,
) -> None:
    """Serve a folder as an S3 bucket on loopback.

    Runs the command after -- with generated credentials in its environment and stops when it ends; without a
    command, prints the environment and serves until Ctrl-C.

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
            # Ctrl-C reaches the command from the terminal, which handles it; other signals are forwarded.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda number, _: process.send_signal(number))
            code = process.wait()
            raise typer.Exit(code if code >= 0 else 128 - code)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        for name, value in server.environment().items():
            print(f"export {name}={value}")
        print(f"# serving {folder}; Ctrl-C stops it", flush=True)
        try:
            server.process.wait()
        except KeyboardInterrupt:
            return


@app.command("ls")
def list_objects(
    prefix: Annotated[str, typer.Argument(help="Prefix of the keys: datasets/local/.")] = "",
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
        typer.Option(
            "--repair", help="Withdraw the receipts of damaged files, so that the next run regenerates them."
        ),
    ] = False,
) -> None:
    """Verify every stored file against its receipt.

    Example: hdrbatch store verify --repair
    """
    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.verification import verify_receipts

    opened = open_store(store)
    if repair:
        # A store that does not return what it was given would make every file look damaged.
        opened.check()
    num_files, num_damaged, num_unreadable = 0, 0, 0
    for verified in verify_receipts(opened):
        num_files += verified.num_files
        num_damaged += bool(verified.damage)
        num_unreadable += bool(verified.unreadable)
        for line in verified.damage + verified.unreadable:
            print(line)
        if verified.damage and repair:
            opened.delete(verified.key)
    print(f"{num_files} files read; {num_damaged} receipt(s) with damage{', withdrawn' if repair else ''}")
    if num_unreadable:
        print(f"{num_unreadable} receipt(s) with files that could not be read; nothing is known about them")
    if num_damaged or num_unreadable:
        raise typer.Exit(1)


@app.command("gc")
def collect_garbage(
    store: StoreOption = DEFAULT_STORE,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the listed objects and files.")] = False,
) -> None:
    """List objects that no receipt names, and leftover files; --delete removes them.

    Use it only while nothing is running: a running task's files have no receipt yet.

    Example: hdrbatch store gc
    """
    import shutil
    import sys

    from hdrbatch.storage.address import open_store
    from hdrbatch.storage.folder import FolderStore
    from hdrbatch.submit.garbage import finished_log_folders, unreferenced

    opened = open_store(store)
    found = list(unreferenced(opened))
    for one in found:
        print(f"{one.num_bytes:12d}  {one.key}")
    print(f"{len(found)} object(s) without a receipt{', to be deleted' if delete else ''}")
    folders = list(finished_log_folders(opened))
    for folder in folders:
        kept = f" (kept: {folder.reason})" if folder.reason else ""
        print(f"{'':12s}  {folder.path}: Slurm's logs of arrays whose plan is done{kept}")
    if not delete:
        return
    sys.stdout.flush()
    for one in found:
        opened.delete(one.key)
    for folder in folders:
        if not folder.reason:
            shutil.rmtree(folder.path, ignore_errors=True)
    leftovers = list(opened.leftovers(older_than_s=3600)) if isinstance(opened, FolderStore) else []
    for path in leftovers:
        path.unlink(missing_ok=True)
    print(f"deleted, with {len(leftovers)} temporary file(s) of killed processes")

"""Inventory of the .blend files of a folder: ``python -m hdrbatch.scenes.inventory FOLDER [OUT]``.

Runs in a separate process, since a user's file may crash Blender.
"""

import json
import os
import sys
import traceback
from pathlib import Path

import bpy

from hdrbatch.blender.output import output_to
from hdrbatch.errors import UserError
from hdrbatch.scenes.blendfile import (
    cameras_of_open_file,
    external_files_of_open_file,
    load_blend,
    problems_of_open_file,
    remove_missing_images,
)
from hdrbatch.scenes.file_settings import notes_of_open_file


def entry_of(path: Path, packed: Path | None = None, *, is_packed: bool = False) -> dict[str, object]:
    """Return cameras, problems and notes of one file; with `packed`, write a copy with its textures there."""
    print(f"looking at {path.name}", file=sys.stderr, flush=True)  # names the file if Blender crashes
    try:
        load_blend(path)
    except UserError as error:
        return {"num_bytes": path.stat().st_size, "cameras": [], "problems": [str(error)], "notes": []}
    problems = problems_of_open_file()
    if packed is not None and not problems:
        remove_missing_images()
        bpy.ops.file.pack_all()
        bpy.ops.wm.save_as_mainfile(filepath=str(packed.resolve()), copy=True, compress=True)
        return entry_of(packed, is_packed=True)
    if external := external_files_of_open_file():
        advice = (
            "hdrbatch scenes inspect FOLDER --packed OUT writes copies that hold their textures and fonts"
            if packed is None and not is_packed
            else "they could not be packed; make linked data local (Object > Relations), bake or replace "
            "sequences, volumes and caches"
        )
        problems.append(f"external files that other machines lack: {', '.join(external)}; {advice}")
    return {
        "num_bytes": path.stat().st_size,
        "cameras": cameras_of_open_file(),
        "problems": problems,
        "notes": notes_of_open_file(),
    }


def main() -> None:
    """Print the inventory as JSON."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None
    with output_to(Path("/dev/null")):
        found = {
            file.name: entry_of(file, out / file.name if out else None)
            for file in sorted(folder.glob("*.blend"))
        }
    print(json.dumps(found, indent=1), flush=True)


if __name__ == "__main__":
    exit_code = 1
    try:
        main()
        exit_code = 0
    except Exception:  # noqa: BLE001 (the process must end, whatever a file left behind in Blender)
        traceback.print_exc()
    os._exit(exit_code)

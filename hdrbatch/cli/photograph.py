"""``hdrbatch photograph``: simulated photographs of a captured panorama."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hdrbatch.imaging.panorama_file import Panorama
    from hdrbatch.records.written_files import WrittenFile

RECORD = "hdrbatch-photograph.json"
"""Name of the record of the files in the folder."""
REFERENCE = "reference.exr"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("photograph")(photograph)


def photograph(
    panorama: Annotated[
        str,
        typer.Argument(
            help="Equirectangular EXR or .hdr file, or the name of one that ships with Blender: night."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the photographs.")],
    ev: Annotated[str, typer.Option("--ev", help="Exposures: -2,0,2 or -5..4.")] = "-2,0,2",
    yaw: Annotated[
        float, typer.Option("--yaw", min=-360, max=360, help="Direction in degrees, positive to the right.")
    ] = 0.0,
    pitch: Annotated[
        float, typer.Option("--pitch", min=-90, max=90, help="Elevation in degrees above the horizon.")
    ] = 0.0,
    fov: Annotated[
        float, typer.Option("--fov", min=10, max=150, help="Horizontal field of view in degrees.")
    ] = 80.0,
    width: Annotated[int, typer.Option("--width", min=16, max=16384, help="Width in pixels.")] = 640,
    height: Annotated[int, typer.Option("--height", min=16, max=16384, help="Height in pixels.")] = 480,
    response: Annotated[str, typer.Option("--response", help="Response curve of the camera.")] = "srgb",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the noise.")] = 0,
) -> None:
    """Simulate photographs of a panorama at several exposures.

    The view's radiance is written next to them.

    Example: hdrbatch photograph sunset -o sunset/ --yaw 90
    """
    import numpy as np

    from hdrbatch.errors import SpecError, UserError
    from hdrbatch.imaging.exr import write_exr
    from hdrbatch.imaging.response import parse_response
    from hdrbatch.imaging.statistics import anchor_of, luminance
    from hdrbatch.imaging.views import perspective_view
    from hdrbatch.photographs.simulated_photos import take_photograph
    from hdrbatch.records.written_files import WrittenFiles, replacing_all
    from hdrbatch.specs.render_job import check_ev_ladder, parse_ev_ladder
    from hdrbatch.specs.simulated_camera import CameraSpec
    from hdrbatch.storage.keys import ev_name

    parse_response(response)
    try:
        ladder = check_ev_ladder(parse_ev_ladder(ev))
    except ValueError as error:
        raise SpecError(f"--ev {ev}: {error}") from None
    record, before, paths = _checked_output(output, [ev_name(value) for value in ladder], width * height)
    read = _read_panorama(panorama)
    for note in read.notes:
        print(f"{panorama}: {note}")
    view = perspective_view(read.radiance, yaw, pitch, fov, width, height)
    if not np.median(luminance(view)) > 0:
        raise UserError(
            f"{panorama}: half of the view at --yaw {yaw:g} --pitch {pitch:g} or more is "
            "black; look elsewhere"
        )
    camera = CameraSpec(response=response)
    radiance_ev0 = view * np.float32(anchor_of(view, camera.middle_grey))
    rng = np.random.default_rng(seed)
    shares = []
    # The radiance is renamed last: a folder that has it is complete.
    with replacing_all(paths, record, before, lambda files: WrittenFiles(files=files).to_bytes()) as places:
        for value, path in zip(ladder, paths, strict=False):
            taken = take_photograph(places[path], radiance_ev0, value, camera, rng)
            shares.append(f"{taken.clipped_fraction:.1%} clipped, {taken.black_fraction:.1%} black")
        write_exr(places[paths[-1]], radiance_ev0)
    for path, share in zip(paths, shares, strict=False):
        print(f"wrote {path}: {share}")


def _checked_output(
    output: Path, names: "Sequence[str]", pixels: int
) -> "tuple[Path, tuple[WrittenFile, ...], list[Path]]":
    """Return the record, the files of an earlier run, and the files to write, if they may be written."""
    from hdrbatch.errors import UserError
    from hdrbatch.local_files import why_not_writable
    from hdrbatch.records.written_files import first_foreign, listed_in

    record = output / RECORD
    paths = [*(output / f"{name}.png" for name in names), output / REFERENCE]
    before = listed_in(record)
    if record.exists() and before is None:
        raise UserError(f"-o {output}: {record} exists and is not from hdrbatch; choose another folder")
    if (foreign := first_foreign(paths, before or ())) is not None:
        raise UserError(
            f"-o {output}: {foreign} exists and is not from hdrbatch, or was changed; choose another "
            "folder, or move it away"
        )
    if reason := why_not_writable(output, pixels * (12 + 3 * len(names))):
        raise UserError(f"-o {output}: cannot be written: {reason}; choose another folder")
    return record, before or (), paths


def _read_panorama(name: str) -> "Panorama":
    from hdrbatch.blender.panoramas import shipped_panoramas
    from hdrbatch.errors import PhotoError
    from hdrbatch.imaging.panorama_file import read_panorama

    if Path(name).exists():
        return read_panorama(Path(name))
    shipped = shipped_panoramas()
    if name not in shipped:
        known = ", ".join(sorted(shipped)) or "none (bpy is not installed)"
        raise PhotoError(
            f"{name}: no such file; give an EXR or .hdr file, or a panorama that ships with Blender: {known}"
        )
    return read_panorama(shipped[name])

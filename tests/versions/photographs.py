"""Golden outputs of merge and reconstruction: brackets of photographs that are made up."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import write_photo
from hdrbatch.photographs.merging import merge_files
from hdrbatch.photographs.request import HdrRequest
from tests.versions.tasks import Parts
from tests.versions.trainings import untrained

HEIGHT, WIDTH, MARGIN = 160, 120, 10
MOVED = ((3, -4), (0, 0), (-2, 1))
EVS = (-2.0, 0.0, 2.0)


@cache
def bracket(folder: Path, gamma: float) -> tuple[Path, ...]:
    """Three photographs of smooth waves over ten stops, taken out of the hand."""
    rng = np.random.default_rng(0)
    down, right = np.mgrid[0 : HEIGHT + 2 * MARGIN, 0 : WIDTH + 2 * MARGIN] / 6.0
    waves = np.sin(down) + np.sin(0.7 * right) + np.sin(0.31 * (down + right)) + np.sin(0.13 * (down - right))
    tints = np.array([1.0, 0.8, 0.6])
    radiance = np.exp2(1.25 * waves - 4)[..., None] * tints
    paths = []
    for number, (ev, (x, y)) in enumerate(zip(EVS, MOVED, strict=True)):
        seen = radiance[MARGIN + y :, MARGIN + x :][:HEIGHT, :WIDTH] * 2.0**ev
        signal = np.clip(seen + rng.normal(0, 0.002, seen.shape), 0, 1) ** (1 / gamma)
        paths.append(folder / f"gamma-{gamma:g}-{number}.png")
        write_photo(
            paths[-1], np.rint(signal * 255).astype(np.uint8), PhotoMetadata(2.0**ev / 16, 8.0, 100, "Test")
        )
    return tuple(paths)


def requests(folder: Path) -> dict[str, HdrRequest]:
    """With everything found out, and with everything told."""
    return {
        "found": HdrRequest(
            bracket(folder, 1.7), folder / "found.exr", write_hdr=True, tone_mappings=("reinhard", "drago")
        ),
        "debevec": HdrRequest(bracket(folder, 2.2), folder / "debevec.exr", response="debevec"),
        "told": HdrRequest(
            bracket(folder, 2.2),
            folder / "told.exr",
            times_s=(1.0, 4.0, 16.0),
            response="gamma:2.2",
            align=False,
        ),
    }


def merge(folder: Path) -> Parts:
    """Merged brackets: radiance, previews, records."""
    folder = folder / "merge"
    folder.mkdir()
    for name, request in requests(folder).items():
        merge_files(request)
        yield from _files(name, request)


def reconstruction(folder: Path) -> Parts:
    """Brackets reconstructed by untrained networks, whose random weights a seed decides."""
    from hdrbatch.learning.model import build_network, save_model
    from hdrbatch.photographs.reconstruction import reconstruct_files

    folder = folder / "reconstruction"
    folder.mkdir()
    for fusion in ("stacked", "attention"):
        variant = untrained(fusion)
        model = folder / f"{fusion}.pt"
        save_model(model, build_network(variant), variant, picture_side=48)
        for name, request in requests(folder).items():
            reconstruct_files(request, fusion, model, num_threads=1)
            yield from _files(f"{fusion} {name}", request)


def _files(name: str, request: HdrRequest) -> Parts:
    for path in request.results():
        content = path.read_bytes()
        if path == request.record:
            record = json.loads(content)
            # The digest has the version in it, and paths are of this run.
            kept = {
                key: value for key, value in record.items() if key not in {"digest", "photos", "radiance"}
            }
            content = json.dumps(kept).encode()
        yield f"{name} {path.name}", content

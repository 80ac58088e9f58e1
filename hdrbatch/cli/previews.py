"""Previews of many scenes, rendered in parallel and cached in a folder."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from hdrbatch.catalogue.examined import Preview
from hdrbatch.catalogue.scene import Scene
from hdrbatch.errors import HdrbatchError
from hdrbatch.local_files import write_whole

if TYPE_CHECKING:
    from hdrbatch.report.pictures import Radiance

SCENES_PER_PROCESS = 40
"""Scenes per process before a fresh process replaces it, since Blender's memory grows slowly."""


@dataclass(frozen=True)
class PreviewSize:
    """Width and samples per pixel of previews."""

    width: int
    samples: int

    @property
    def height(self) -> int:
        """Height in pixels: three quarters of the width."""
        return self.width * 3 // 4


def make_previews(
    scenes: Sequence[Scene], folder: Path, size: PreviewSize, num_processes: int
) -> Iterator[tuple[Scene, Preview | str]]:
    """Render missing previews and yield every scene with its preview, or with the error message.

    A preview is cached as EXR with its statistics next to it, and with the digest of the code that rendered
    it: a second run renders nothing, and a change of the families renders everything.
    """
    folder.mkdir(parents=True, exist_ok=True)
    version = _code_digest(size)
    missing = []
    for scene in scenes:
        cached = _read_cached(folder, scene, version)
        if cached is None:
            missing.append(scene)
        else:
            yield scene, cached
    share = SCENES_PER_PROCESS * num_processes
    for begin in range(0, len(missing), share):
        yield from _render_all(missing[begin : begin + share], folder, size, version, num_processes)


def _render_all(
    scenes: Sequence[Scene], folder: Path, size: PreviewSize, version: str, num_processes: int
) -> Iterator[tuple[Scene, Preview | str]]:
    """Render some scenes in a pool of processes that ends with them."""
    with ProcessPoolExecutor(min(num_processes, len(scenes)), mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_render, scene, folder, size, version): scene for scene in scenes}
        for done in as_completed(waiting):
            try:
                yield waiting[done], done.result()
            except BrokenProcessPool:
                yield waiting[done], ("Blender crashed on this scene or on one rendered in the same process")
            except (HdrbatchError, RuntimeError, OSError, ValueError) as error:
                yield waiting[done], str(error).strip().partition("\n")[0]


def radiance_path(folder: Path, scene: Scene) -> Path:
    """Return the path of a scene's cached preview."""
    return folder / f"{scene.id}.exr"


def metered_preview(folder: Path, scene: Scene) -> "Radiance":
    """Read a cached preview in EV 0 units; a black one is returned unscaled."""
    import numpy as np

    from hdrbatch.imaging.exr import read_exr
    from hdrbatch.imaging.statistics import anchor_of, luminance

    radiance = read_exr(radiance_path(folder, scene))
    if np.median(luminance(radiance)) > 0:
        radiance *= np.float32(anchor_of(radiance))
    return radiance


def _read_cached(folder: Path, scene: Scene, version: str) -> Preview | None:
    try:
        cached = json.loads((folder / f"{scene.id}.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    if cached.pop("version") != version + _source(scene) or not radiance_path(folder, scene).is_file():
        return None
    return Preview(**cached)


def _render(scene: Scene, folder: Path, size: PreviewSize, version: str) -> Preview:
    """Render one preview, in a process of the pool."""
    from hdrbatch.blender.cores import limited_to_cores

    with limited_to_cores(1):
        from hdrbatch.scenes.previewing import preview_of, render_preview
    from hdrbatch.imaging.exr import write_exr

    radiance = render_preview(scene, size.width, size.height, size.samples)
    preview = preview_of(scene, radiance)
    write_exr(radiance_path(folder, scene), radiance)
    text = json.dumps({**asdict(preview), "version": version + _source(scene)})
    write_whole(folder / f"{scene.id}.json", text)
    return preview


def _code_digest(size: PreviewSize) -> str:
    """Return a digest of what determines a preview: the code of scenes and rendering, and its size."""
    import hashlib

    digest = hashlib.sha256(repr(size).encode())
    package = Path(__file__).parents[1]
    for part in ("catalogue", "scenes", "blender"):
        for file in sorted((package / part).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _source(scene: Scene) -> str:
    if scene.own is None:
        return ""
    found = Path(scene.own.path).stat()
    return f"+{found.st_size}-{found.st_mtime_ns}"

"""Previews of many scenes, rendered side by side and kept in a folder."""

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
"""Scenes that a process renders before fresh ones take their place: Blender grows slowly."""


@dataclass(frozen=True)
class PreviewSize:
    """Size and samples of previews."""

    width: int
    samples: int

    @property
    def height(self) -> int:
        """Pixels; three quarters of the width."""
        return self.width * 3 // 4


def make_previews(
    scenes: Sequence[Scene], folder: Path, size: PreviewSize, num_processes: int
) -> Iterator[tuple[Scene, Preview | str]]:
    """Render what the folder does not hold yet, and give all previews as they come, or why there is none.

    A preview is kept as EXR with its statistics beside it, under the digest of the code that made it, so a
    second run renders nothing and a change of the families everything.
    """
    folder.mkdir(parents=True, exist_ok=True)
    version = _version(size)
    missing = []
    for scene in scenes:
        kept = _kept(folder, scene, version)
        if kept is None:
            missing.append(scene)
        else:
            yield scene, kept
    share = SCENES_PER_PROCESS * num_processes
    for begin in range(0, len(missing), share):
        yield from _render_all(missing[begin : begin + share], folder, size, version, num_processes)


def _render_all(
    scenes: Sequence[Scene], folder: Path, size: PreviewSize, version: str, num_processes: int
) -> Iterator[tuple[Scene, Preview | str]]:
    """Render some scenes in processes that end with them."""
    with ProcessPoolExecutor(min(num_processes, len(scenes)), mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_render, scene, folder, size, version): scene for scene in scenes}
        for done in as_completed(waiting):
            try:
                yield waiting[done], done.result()
            except BrokenProcessPool:
                yield waiting[done], "a scene took Blender down: this one, or one that was rendered beside it"
            except (HdrbatchError, RuntimeError, OSError, ValueError) as error:
                yield waiting[done], str(error).strip().partition("\n")[0]


def radiance_path(folder: Path, scene: Scene) -> Path:
    """Where a scene's preview is kept."""
    return folder / f"{scene.id}.exr"


def metered_preview(folder: Path, scene: Scene) -> "Radiance":
    """A kept preview in EV 0 units; as it is where it is black."""
    import numpy as np

    from hdrbatch.imaging.exr import read_exr
    from hdrbatch.imaging.statistics import anchor_of, luminance

    radiance = read_exr(radiance_path(folder, scene))
    if np.median(luminance(radiance)) > 0:
        radiance *= np.float32(anchor_of(radiance))
    return radiance


def _kept(folder: Path, scene: Scene, version: str) -> Preview | None:
    try:
        kept = json.loads((folder / f"{scene.id}.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    if kept.pop("version") != version + _source(scene) or not radiance_path(folder, scene).is_file():
        return None
    return Preview(**kept)


def _render(scene: Scene, folder: Path, size: PreviewSize, version: str) -> Preview:
    """Run in a process of the pool."""
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


def _version(size: PreviewSize) -> str:
    """Digest of what decides a preview: the code of scenes and of rendering, and its size."""
    import hashlib

    digest = hashlib.sha256(repr(size).encode())
    package = Path(__file__).parents[1]
    for part in ("scenes", "blender"):
        for file in sorted((package / part).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _source(scene: Scene) -> str:
    if scene.own is None:
        return ""
    found = Path(scene.own.path).stat()
    return f"+{found.st_size}-{found.st_mtime_ns}"

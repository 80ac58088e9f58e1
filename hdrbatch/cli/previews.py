"""Previews of many scenes, rendered in parallel and cached in a folder."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hdrbatch.catalogue.examined import Preview
from hdrbatch.catalogue.scene import Scene
from hdrbatch.errors import HdrbatchError, UserError
from hdrbatch.local_files import replacing, why_not_writable, write_whole

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

    Raises
    ------
    UserError
        If the folder cannot be written, or holds files of these names that are not previews.
    """
    _check_folder(folder, scenes)
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


def _check_folder(folder: Path, scenes: Sequence[Scene]) -> None:
    if reason := why_not_writable(folder):
        raise UserError(f"--out {folder}: cannot be written: {reason}")
    for scene in scenes:
        statistics = _statistics_path(folder, scene)
        is_own = statistics.is_file() and _statistics(statistics) is not None
        foreign = [
            path for path in (statistics, radiance_path(folder, scene)) if path.exists() and not is_own
        ]
        if foreign:
            raise UserError(
                f"--out {folder}: {foreign[0]} exists and is not a preview; name another folder, or "
                "move it away"
            )


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


def _statistics_path(folder: Path, scene: Scene) -> Path:
    return folder / f"{scene.id}.json"


def _statistics(path: Path) -> dict[str, Any] | None:
    """Return the statistics in a file next to a preview; None if it is missing or something else."""
    try:
        cached = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return cached if isinstance(cached, dict) and "version" in cached else None


def _read_cached(folder: Path, scene: Scene, version: str) -> Preview | None:
    cached = _statistics(_statistics_path(folder, scene))
    if cached is None or cached.pop("version") != version + _source(scene):
        return None
    path = radiance_path(folder, scene)
    if not path.is_file() or path.stat().st_size != cached.pop("num_bytes", None):
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
    path = _statistics_path(folder, scene)
    # First, so that after a kill the file next to it is known to be a preview.
    write_whole(path, json.dumps({"version": "unfinished"}))
    with replacing(radiance_path(folder, scene)) as temporary:
        write_exr(temporary, radiance)
    num_bytes = radiance_path(folder, scene).stat().st_size
    text = json.dumps({**asdict(preview), "version": version + _source(scene), "num_bytes": num_bytes})
    write_whole(path, text)
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

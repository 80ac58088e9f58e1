"""Packages and libraries that tasks need on this machine, checked without importing them."""

import subprocess
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path

from hdrbatch.errors import UserError
from hdrbatch.kinds import Kind

DEBIAN_PACKAGES = {
    "libXi.so.6": "libxi6",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libXfixes.so.3": "libxfixes3",
    "libXrender.so.1": "libxrender1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libXext.so.6": "libxext6",
    "libX11.so.6": "libx11-6",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
}
"""System libraries that Blender loads, and their packages in Debian and Ubuntu."""


def check_requirements(kinds: Collection[Kind]) -> None:
    """Check that the packages that tasks of these kinds import are installed.

    Raises
    ------
    UserError
        If something is missing; the message names it and the command that installs it.
    """
    if Kind.RENDER_EXPOSURE in kinds:
        check_blender()
    if Kind.TRAIN_VARIANT in kinds and find_spec("torch") is None:
        raise UserError("training needs torch, which is not installed here; pip install 'hdrbatch[train]'")


def check_blender() -> None:
    """Check that bpy and its system libraries are installed."""
    spec = find_spec("bpy")
    if spec is None or spec.origin is None:
        raise UserError(
            "rendering needs bpy, which is not installed here; "
            "use Python 3.11 and pip install 'hdrbatch[render]'"
        )
    missing = missing_libraries(Path(spec.origin).parent)
    if missing:
        packages = sorted({DEBIAN_PACKAGES.get(name, name) for name in missing})
        raise UserError(
            f"Blender lacks the system libraries {', '.join(missing)}; install them "
            f"(Debian, Ubuntu: sudo apt-get install {' '.join(packages)})"
        )


def missing_libraries(folder: Path) -> list[str]:
    """Return the shared libraries that a module's libraries need and the loader does not find."""
    modules = [str(path) for path in folder.glob("__init__*.so")]
    listing = subprocess.run(["ldd", *modules], capture_output=True, text=True, check=False).stdout  # noqa: S607
    lines = [line.split() for line in listing.splitlines() if line.rstrip().endswith("=> not found")]
    return sorted({words[0] for words in lines})

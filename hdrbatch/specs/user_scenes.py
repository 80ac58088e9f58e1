"""Your own scenes: a folder of .blend files or of captured panoramas."""

import json
import re
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from hdrbatch.catalogue.family import BLEND
from hdrbatch.catalogue.scene import MAX_SEED_DIGITS, Scene, Split, UserFile
from hdrbatch.specs.base import Spec

INVENTORY = "hdrbatch-scenes.json"
"""Name of the inventory that ``hdrbatch scenes inspect`` writes next to a folder's .blend files."""
PANORAMAS = (".exr", ".hdr")


class UserScenes(Spec):
    """Scenes from the files of one folder, all in one split.

    A .blend file gives one scene per camera. A panorama (.exr, .hdr) lights ``views`` scenes of the
    tabletop family, with seeds counted up from ``first_seed``.
    """

    folder: str
    split: Split = "train"
    views: int = Field(1, ge=1, le=10_000)
    first_seed: int = Field(1, ge=0, lt=10**MAX_SEED_DIGITS)

    @model_validator(mode="after")
    def _files_are_usable(self) -> Self:
        self.scenes()
        return self

    def scenes(self) -> tuple[Scene, ...]:
        """Return all scenes of the folder, sorted by file name.

        Raises
        ------
        ValueError
            If the folder holds no usable files, or its .blend files have not been inspected yet.
        """
        folder = Path(self.folder)
        if not folder.is_dir():
            raise ValueError(f"there is no folder {self.folder!r} (relative to {Path.cwd()})")
        blends = sorted(folder.glob("*.blend"))
        panoramas = sorted(file for file in folder.iterdir() if file.suffix.lower() in PANORAMAS)
        if missing := [file for file in (*blends, *panoramas) if not file.is_file()]:
            raise ValueError(f"{missing[0]} is not a file (perhaps a broken link); remove it")
        kinds = f".blend files and panoramas ({', '.join(PANORAMAS)})"
        if blends and panoramas:
            raise ValueError(f"{self.folder} holds both {kinds}; give each kind its own folder")
        if not blends and not panoramas:
            raise ValueError(f"{self.folder} holds neither {kinds}; give a folder that does")
        names = _names(blends or panoramas)
        if panoramas:
            return tuple(
                Scene("tabletop", self.first_seed + view, self.split, own=UserFile(str(file), name))
                for file, name in zip(panoramas, names, strict=True)
                for view in range(self.views)
            )
        cameras = self._cameras(folder, blends)
        return tuple(
            Scene(BLEND, number, self.split, own=UserFile(str(file), name, camera))
            for file, name in zip(blends, names, strict=True)
            for number, camera in enumerate(cameras[file.name], 1)
        )

    def _cameras(self, folder: Path, blends: list[Path]) -> dict[str, list[str]]:
        command = f"run hdrbatch scenes inspect {self.folder}"
        try:
            inventory: dict[str, dict[str, Any]] = json.loads((folder / INVENTORY).read_text())
            for entry in inventory.values():
                entry["num_bytes"], list(entry["cameras"]), list(entry["problems"])
        except FileNotFoundError:
            raise ValueError(
                f"the .blend files of {self.folder} have not been inspected yet; {command}"
            ) from None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ValueError(f"{folder / INVENTORY} is damaged; {command}") from None
        for name, entry in inventory.items():
            if entry["problems"] and not (folder / name).exists():
                raise ValueError(f"{name} could not be packed: {'; '.join(entry['problems'])}; {command}")
        for file in blends:
            found = inventory.get(file.name)
            if found is None or found["num_bytes"] != file.stat().st_size:
                raise ValueError(f"{file} is new or has changed since it was inspected; {command}")
            if found["problems"]:
                raise ValueError(f"{file}: {'; '.join(found['problems'])}; fix the file, then {command}")
        return {file.name: list(inventory[file.name]["cameras"]) for file in blends}


def _names(files: list[Path]) -> list[str]:
    """Return the parts of scene ids that stand for the files, from their names."""
    names = [re.sub(r"[^a-z0-9]+", "_", file.stem.lower()).strip("_")[:40] or "scene" for file in files]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two files would be called {twice[0]!r} in scene ids; rename one")
    return names

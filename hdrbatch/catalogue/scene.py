"""A scene of the catalogue: its family and seed, its split, and its motion."""

from dataclasses import dataclass
from typing import Literal

from hdrbatch.catalogue.family import FAMILIES

MAX_SEED_DIGITS = 9

Split = Literal["train", "test"]
Motion = Literal["still", "objects", "shake", "both"]
MOTIONS: tuple[Motion, ...] = ("objects", "shake", "both")


@dataclass(frozen=True)
class UserFile:
    """A user's file that a scene is built from.

    Parameters
    ----------
    path
        Path on the machine that plans.
    name
        Its part of the scene's id.
    camera
        Name of the camera in the .blend file; empty for a panorama.
    """

    path: str
    name: str
    camera: str = ""


@dataclass(frozen=True)
class Scene:
    """A scene, identified by family and seed or by a user's file; the split states its permitted use."""

    family: str
    seed: int
    split: Split
    motion: Motion = "still"
    own: UserFile | None = None

    @property
    def id(self) -> str:
        """Name of the scene, unique in a dataset: ``interior-0007``."""
        middle = f"-{self.own.name}" if self.own else ""
        return f"{self.family}{middle}-{self.seed:04d}"

    @property
    def moving(self) -> bool:
        """Whether its exposures show different moments."""
        return self.motion != "still"


def scene_from_text(text: str, split: Split) -> Scene:
    """Read ``family:seed``, or ``family:seed:motion``.

    Raises
    ------
    ValueError
        If the text is not a scene; the message states the valid form.
    """
    family, separator, rest = text.partition(":")
    seed, _, motion = rest.partition(":")
    if family not in FAMILIES:
        raise ValueError(
            f"there is no scene family {family!r} (in {text!r}); use one of {', '.join(FAMILIES)}"
        )
    if not separator or not seed.isdecimal() or len(seed) > MAX_SEED_DIGITS:
        raise ValueError(f"{text!r} is not a scene; write family:seed, such as {family}:7")
    if motion and motion not in ("still", *MOTIONS):
        raise ValueError(f"{text!r}: unknown motion {motion!r}; use still, {', '.join(MOTIONS)}")
    return Scene(family, int(seed), split, motion=motion or "still")

"""A scene of the catalogue: its family and seed, its split, what moves in it."""

from dataclasses import dataclass
from typing import Literal

from hdrbatch.catalogue.family import FAMILIES

MAX_SEED_DIGITS = 9

Split = Literal["train", "test"]
Motion = Literal["still", "objects", "shake", "both"]
MOTIONS: tuple[Motion, ...] = ("objects", "shake", "both")


@dataclass(frozen=True)
class OwnFile:
    """A user's file that a scene is made from.

    Parameters
    ----------
    path
        Where it is on the machine that plans.
    name
        Its part of the scene's id.
    camera
        The camera of a .blend that is looked through; empty for a panorama.
    """

    path: str
    name: str
    camera: str = ""


@dataclass(frozen=True)
class Scene:
    """A scene is its family and its seed, or a user's file; the split says what it may be used for."""

    family: str
    seed: int
    split: Split
    motion: Motion = "still"
    own: OwnFile | None = None

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
        With what is wrong and what would be right.
    """
    family, separator, rest = text.partition(":")
    seed, _, motion = rest.partition(":")
    if family not in FAMILIES:
        raise ValueError(
            f"there is no scene family {family!r} (of {text!r}): use one of {', '.join(FAMILIES)}"
        )
    if not separator or not seed.isdecimal() or len(seed) > MAX_SEED_DIGITS:
        raise ValueError(f"{text!r} is no scene: write the family and a seed, such as {family}:7")
    if motion and motion not in ("still", *MOTIONS):
        raise ValueError(f"{text!r}: a scene is still, or moves by {', '.join(MOTIONS)}")
    return Scene(family, int(seed), split, motion=motion or "still")

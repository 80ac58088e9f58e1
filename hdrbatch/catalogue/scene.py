"""The catalogue: which scenes there are, by family, seed and split (pure Python)."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hdrbatch.errors import UserError

MAX_SEED_DIGITS = 9

FAMILIES = (
    "interior",
    "outdoor",
    "street",
    "lamplight",
    "candle",
    "corridor",
    "garage",
    "stage",
    "avenue",
    "forest",
    "water",
    "still_life",
    "tabletop",
    "window",
)

CAPTURED_FAMILY = "view"
"""Views of captured panoramas: to train on only, and never in turn with the families above."""

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


def numbered_scenes(
    families: Sequence[str],
    count: int,
    first_seed: int,
    split: Split,
    left_out: Collection[tuple[str, int]] = (),
) -> tuple[Scene, ...]:
    """``count`` scenes: the families take turns, and each takes the next seed that is not left out.

    >>> [scene.id for scene in numbered_scenes(("interior", "street"), 3, 7, "train", {("interior", 8)})]
    ['interior-0007', 'street-0007', 'interior-0009']
    """
    seeds = {family: _seeds(family, first_seed, left_out) for family in families}
    turns = (families[number % len(families)] for number in range(count))
    return tuple(Scene(family, next(seeds[family]), split) for family in turns)


def captured_scenes(count: int, first_seed: int) -> tuple[Scene, ...]:
    """``count`` views of captured panoramas to train on.

    >>> [scene.id for scene in captured_scenes(2, 1)]
    ['view-0001', 'view-0002']
    """
    return tuple(Scene(CAPTURED_FAMILY, first_seed + number, "train") for number in range(count))


def _seeds(family: str, first: int, left_out: Collection[tuple[str, int]]) -> Iterator[int]:
    seed = first
    while True:
        if (family, seed) not in left_out:
            yield seed
        seed += 1


def set_moving(scene: Scene, share: float) -> Scene:
    """Make a scene a moving one if it belongs to this share of all scenes.

    A scene's own hash decides: whatever the share, the same scenes are the first to move, each in its way.
    """
    digest = hashlib.sha256(f"motion/{scene.id}".encode()).digest()
    if int.from_bytes(digest[:4]) >= share * 2**32:
        return scene
    return replace(scene, motion=MOTIONS[digest[4] % len(MOTIONS)])


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


def select(catalogue: Sequence[Scene], wanted: str) -> tuple[Scene, ...]:
    """Take ``all``, ``train``, ``test``, the first N, or scenes named by id (``ID,ID,...``).

    The first N are spread over the splits as the whole catalogue is, with at least one of each,
    so that a small selection still trains and tests.

    Raises
    ------
    UserError
        Where nothing would be left, or an id is not in the catalogue.
    """
    if wanted == "all":
        return tuple(catalogue)
    if wanted in ("train", "test"):
        chosen = tuple(scene for scene in catalogue if scene.split == wanted)
    elif wanted.isdecimal():
        chosen = _first(catalogue, int(wanted))
    else:
        by_id = {scene.id: scene for scene in catalogue}
        names = [name.strip() for name in wanted.split(",") if name.strip()]
        if unknown := [name for name in names if name not in by_id]:
            raise UserError(
                f"--scenes: {unknown[0]!r} is not in this job's catalogue: use all, train, test, a number, "
                f"or ids such as {catalogue[0].id} (hdrbatch scenes list shows them)"
            )
        chosen = tuple(scene for scene in catalogue if scene.id in set(names))
    if not chosen:
        raise UserError(f"--scenes: {wanted!r} selects no scene: use all, train, test, a number or ids")
    return chosen


def _first(catalogue: Sequence[Scene], number: int) -> tuple[Scene, ...]:
    train = [scene for scene in catalogue if scene.split == "train"]
    test = [scene for scene in catalogue if scene.split == "test"]
    number = min(number, len(catalogue))
    num_test = round(number * len(test) / len(catalogue)) if catalogue else 0
    if test and train and number >= 2:
        num_test = min(max(num_test, 1), number - 1)
    return tuple(train[: number - num_test] + test[:num_test])

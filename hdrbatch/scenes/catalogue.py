"""The catalogue: which scenes there are, by family, seed and split (pure Python)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hdrbatch.errors import UserError

MAX_SEED_DIGITS = 9

FAMILIES = ("interior", "outdoor", "street")

Split = Literal["train", "test"]


@dataclass(frozen=True)
class Scene:
    """A scene is its family and its seed; the split says what it may be used for."""

    family: str
    seed: int
    split: Split

    @property
    def id(self) -> str:
        """Name of the scene, unique in a dataset: ``interior-0007``."""
        return f"{self.family}-{self.seed:04d}"


def numbered_scenes(families: Sequence[str], count: int, first_seed: int, split: Split) -> tuple[Scene, ...]:
    """``count`` scenes: the families take turns, and each round of turns has the next seed.

    >>> [scene.id for scene in numbered_scenes(("interior", "street"), 3, 7, "train")]
    ['interior-0007', 'street-0007', 'interior-0008']
    """
    return tuple(
        Scene(families[number % len(families)], first_seed + number // len(families), split)
        for number in range(count)
    )


def scene_from_text(text: str, split: Split) -> Scene:
    """Read ``family:seed``.

    Raises
    ------
    ValueError
        With what is wrong and what would be right.
    """
    family, separator, seed = text.partition(":")
    if family not in FAMILIES:
        raise ValueError(
            f"there is no scene family {family!r} (of {text!r}): use one of {', '.join(FAMILIES)}"
        )
    if not separator or not seed.isdecimal() or len(seed) > MAX_SEED_DIGITS:
        raise ValueError(f"{text!r} is no scene: write the family and a seed, such as {family}:7")
    return Scene(family, int(seed), split)


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

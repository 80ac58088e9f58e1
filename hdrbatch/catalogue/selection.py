"""Selection of scenes: families taking turns, moving scenes, and the user's choice."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from hdrbatch.catalogue.family import CAPTURED
from hdrbatch.catalogue.scene import MOTIONS, Scene, Split
from hdrbatch.errors import UserError


def numbered_scenes(
    families: Sequence[str],
    count: int,
    first_seed: int,
    split: Split,
    excluded: Collection[tuple[str, int]] = (),
) -> tuple[Scene, ...]:
    """Return ``count`` scenes; the families take turns, and each takes its next seed that is not excluded.

    >>> [scene.id for scene in numbered_scenes(("interior", "street"), 3, 7, "train", {("interior", 8)})]
    ['interior-0007', 'street-0007', 'interior-0009']
    """
    seeds = {family: _seeds(family, first_seed, excluded) for family in families}
    turns = (families[number % len(families)] for number in range(count))
    return tuple(Scene(family, next(seeds[family]), split) for family in turns)


def captured_scenes(count: int, first_seed: int) -> tuple[Scene, ...]:
    """Return ``count`` training views of captured panoramas.

    >>> [scene.id for scene in captured_scenes(2, 1)]
    ['view-0001', 'view-0002']
    """
    return tuple(Scene(CAPTURED.name, first_seed + number, "train") for number in range(count))


def set_moving(scene: Scene, share: float) -> Scene:
    """Return the scene as a moving one if its hash falls within the given share.

    A larger share keeps the scenes that moved under a smaller one, each with the same motion.
    """
    digest = hashlib.sha256(f"motion/{scene.id}".encode()).digest()
    if int.from_bytes(digest[:4]) >= share * 2**32:
        return scene
    return replace(scene, motion=MOTIONS[digest[4] % len(MOTIONS)])


def select(catalogue: Sequence[Scene], wanted: str) -> tuple[Scene, ...]:
    """Return the selected scenes: ``all``, ``train``, ``test``, the first N, or ids (``ID,ID,...``).

    The first N are divided between the splits as in the whole catalogue, with at least one of each,
    so that a small selection can still be trained and tested on.

    Raises
    ------
    UserError
        If no scene is selected, or an id is not in the catalogue.
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
                f"--scenes: {unknown[0]!r} is not in this job's catalogue; use all, train, test, a number, "
                f"or ids such as {catalogue[0].id} (hdrbatch scenes list shows them)"
            )
        chosen = tuple(scene for scene in catalogue if scene.id in set(names))
    if not chosen:
        raise UserError(f"--scenes: {wanted!r} selects no scene; use all, train, test, a number or ids")
    return chosen


def _first(catalogue: Sequence[Scene], number: int) -> tuple[Scene, ...]:
    train = [scene for scene in catalogue if scene.split == "train"]
    test = [scene for scene in catalogue if scene.split == "test"]
    number = min(number, len(catalogue))
    num_test = round(number * len(test) / len(catalogue)) if catalogue else 0
    if test and train and number >= 2:
        num_test = min(max(num_test, 1), number - 1)
    return tuple(train[: number - num_test] + test[:num_test])


def _seeds(family: str, first: int, excluded: Collection[tuple[str, int]]) -> Iterator[int]:
    seed = first
    while True:
        if (family, seed) not in excluded:
            yield seed
        seed += 1

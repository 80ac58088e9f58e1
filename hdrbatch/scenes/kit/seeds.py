"""A random stream for every part of every scene."""

import hashlib

import numpy as np


def part_rng(family: str, seed: int, part: str) -> np.random.Generator:
    """Random generator of one part of one scene.

    Every part has its own stream, so a change in one part does not change the others.

    Parameters
    ----------
    family : str
        Name of the scene family.
    seed : int
        Seed of the scene; 0 is a seed like any other.
    part : str
        What is made: `"camera"`, `"trees"`.

    Examples
    --------
    >>> part_rng("street", 7, "camera").random() == part_rng("street", 7, "camera").random()
    True
    >>> part_rng("street", 7, "camera").random() == part_rng("street", 7, "cars").random()
    False
    """
    digest = hashlib.sha256(f"{family}\0{seed}\0{part}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))

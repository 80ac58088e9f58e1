"""Render job: scenes, exposures, and how they are rendered and photographed."""

import re
from collections import Counter
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    model_validator,
)

from hdrbatch.catalogue.examined import excluded_seeds
from hdrbatch.catalogue.family import FAMILIES
from hdrbatch.catalogue.scene import Scene, Split, scene_from_text
from hdrbatch.catalogue.selection import captured_scenes, numbered_scenes, set_moving
from hdrbatch.specs.base import Spec
from hdrbatch.specs.simulated_camera import CameraSpec
from hdrbatch.specs.user_scenes import UserScenes

EV_LIMIT = 20.0
Engine = Literal["cycles", "eevee"]
Device = Literal["cpu", "optix", "cuda", "hip", "oneapi"]
"""Device that Cycles computes on."""
MAX_BRACKET_S = 300.0
"""Maximum duration of a moving bracket in seconds: Blender has at most 1,048,574 frames of a millisecond."""
MIN_SIDE = 11
"""Minimum width and height in pixels; SSIM needs as many."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""A name that is valid as a folder, in an S3 key and in a scheduler's job name."""


FIRST_CAPTURED_SEED = 1


def parse_ev_ladder(value: object) -> Any:
    """Parse ``"-5..4"``, ``"-4,0,4"`` or a list of these into a tuple of EVs; others are left to validation.

    >>> parse_ev_ladder("-1..2")
    (-1.0, 0.0, 1.0, 2.0)
    >>> parse_ev_ladder(["-1..1", 3])
    (-1.0, 0.0, 1.0, 3)
    """
    if isinstance(value, str):
        if match := re.fullmatch(r"\s*([+-]?\d+)\s*\.\.\s*([+-]?\d+)\s*", value):
            first, last = int(match[1]), int(match[2])
            if max(abs(first), abs(last)) > EV_LIMIT:
                raise ValueError(f"EVs are out of range; use values from {-EV_LIMIT:g} to {EV_LIMIT:g}")
            return tuple(float(ev) for ev in range(first, last + 1))
        try:
            return tuple(float(part) for part in value.split(","))
        except ValueError:
            raise ValueError(
                "not a list of EVs; write a range such as -5..4, or a list such as [-4, 0, 4]"
            ) from None
    if isinstance(value, list | tuple):
        return tuple(
            ev for part in value for ev in (parse_ev_ladder(part) if isinstance(part, str) else (part,))
        )
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (float(value),)
    return value


def check_ev_ladder(ladder: tuple[float, ...]) -> tuple[float, ...]:
    """Return the ladder; raise ValueError if it is empty, repeats an EV or is out of range."""
    if not ladder:
        raise ValueError("the EV ladder is empty; write a range from low to high such as -5..4")
    if len({f"{ev:g}" for ev in ladder}) != len(ladder):
        raise ValueError(
            "an EV appears twice in the ladder (compared to six digits); give every exposure once"
        )
    if outside := [ev for ev in ladder if abs(ev) > EV_LIMIT]:
        raise ValueError(f"EV {outside[0]:g} is out of range; use values from {-EV_LIMIT:g} to {EV_LIMIT:g}")
    return ladder


EvLadder = Annotated[tuple[float, ...], BeforeValidator(parse_ev_ladder), AfterValidator(check_ev_ladder)]


class SceneCount(Spec):
    """Number of scenes; the families take turns, and seeds count up from ``first_seed``."""

    count: int = Field(ge=0, le=1_000_000)
    first_seed: int = Field(ge=0, le=1_000_000_000)


class ScenesSpec(Spec):
    """Scenes of a dataset: by count, or one by one as ``family:seed``, and your own scenes.

    Counts skip excluded seeds and those in ``skip``; the share ``moving`` of the scenes moves. A scene given
    by name is still unless it states its motion: ``family:seed:objects``, ``:shake``, ``:both``.
    """

    families: tuple[str, ...] = tuple(FAMILIES)
    train: SceneCount | tuple[str, ...] = SceneCount(count=331, first_seed=1)
    test: SceneCount | tuple[str, ...] = SceneCount(count=75, first_seed=9001)
    captured: int = Field(
        0, ge=0, le=10_000, description="training scenes that are views of captured panoramas"
    )
    moving: float = Field(0.25, ge=0, le=1)
    skip: tuple[str, ...] = ()
    own: tuple[UserScenes, ...] = ()

    @model_validator(mode="after")
    def _families_exist(self) -> Self:
        if not self.families:
            raise ValueError(f"no scene family is selected; use some of {', '.join(FAMILIES)}")
        for family in self.families:
            if family not in FAMILIES:
                raise ValueError(f"there is no scene family {family!r}; use some of {', '.join(FAMILIES)}")
        return self

    @model_validator(mode="after")
    def _splits_do_not_overlap(self) -> Self:
        for text in self.skip:
            scene_from_text(text, "train")
        train, test = self._splits()
        if not train and not test:
            raise ValueError("there are no scenes; give train or test a count above 0")
        ids = [[scene.id for scene in scenes] for scenes in (train, test)]
        for names in ids:
            if twice := [scene for scene, count in Counter(names).items() if count > 1]:
                raise ValueError(f"scene {twice[0]} appears twice in one split; give every scene once")
        if both := sorted(set(ids[0]) & set(ids[1])):
            raise ValueError(
                f"{len(both)} scene(s) are in both train and test, the first is {both[0]}; "
                "give test a first_seed that the training seeds do not reach"
            )
        files = [{scene.own.path for scene in scenes if scene.own} for scenes in (train, test)]
        if both := sorted(files[0] & files[1]):
            raise ValueError(f"{both[0]} is used in both splits; give each split its own files")
        return self

    def _splits(self) -> tuple[tuple[Scene, ...], tuple[Scene, ...]]:
        """Training and test scenes, built once for each set of excluded seeds."""
        excluded = frozenset(excluded_seeds())
        if excluded not in self._built:
            self._built[excluded] = self._split("train"), self._split("test")
        return self._built[excluded]

    @cached_property
    def _built(self) -> dict[frozenset[tuple[str, int]], tuple[tuple[Scene, ...], tuple[Scene, ...]]]:
        return {}

    def _split(self, split: Split) -> tuple[Scene, ...]:
        wanted = self.train if split == "train" else self.test
        own = tuple(scene for entry in self.own if entry.split == split for scene in entry.scenes())
        if isinstance(wanted, SceneCount):
            skipped = {
                (scene.family, scene.seed) for text in self.skip if (scene := scene_from_text(text, split))
            }
            numbered = numbered_scenes(
                self.families, wanted.count, wanted.first_seed, split, excluded_seeds() | skipped
            )
            chosen = tuple(set_moving(scene, self.moving) for scene in numbered)
        else:
            chosen = tuple(scene_from_text(text, split) for text in wanted)
        captured = captured_scenes(self.captured, FIRST_CAPTURED_SEED) if split == "train" else ()
        return chosen + captured + own

    def catalogue(self) -> tuple[Scene, ...]:
        """Return all scenes, training before test, in a fixed order."""
        train, test = self._splits()
        return train + test


class RenderSpec(Spec):
    """Settings of the rendering of each exposure."""

    engine: Engine = "cycles"
    device: Device = Field(
        "cpu", description="device that Cycles computes on; pixels differ in rounding between devices"
    )
    width: int = Field(640, ge=MIN_SIDE, le=16384)
    height: int = Field(480, ge=MIN_SIDE, le=16384)
    samples: int = Field(
        64,
        ge=1,
        le=1 << 19,
        description="samples per pixel and exposure; the reference is the mean of all exposures",
    )
    max_bounces: int = Field(12, ge=1, le=1024)
    denoise: Literal["auto", "never", "always"] = Field(
        "auto", description="auto: only families whose reference it brings closer to the truth"
    )
    seed: int = Field(0, ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _engine_can(self) -> Self:
        if self.engine == "eevee" and self.device != "cpu":
            raise ValueError(
                "device applies to Cycles only, since EEVEE uses the display driver's GPU; remove it"
            )
        if self.engine == "eevee" and self.denoise == "always":
            raise ValueError(
                "denoise: always applies to Cycles only, since EEVEE's errors are not noise; remove it"
            )
        return self


class RenderJob(Spec):
    """Spec of a dataset to render: ``hdrbatch render JOB``."""

    dataset: Name
    scenes: ScenesSpec = ScenesSpec()
    ev: EvLadder = tuple(float(ev) for ev in range(-5, 5))
    render: RenderSpec = RenderSpec()
    camera: CameraSpec = CameraSpec()

    @model_validator(mode="after")
    def _brackets_are_short(self) -> Self:
        if any(scene.moving for scene in self.scenes.catalogue()):
            duration_s = sum(self.camera.exposure_time_ev0_s * 2.0**ev + self.camera.gap_s for ev in self.ev)
            if duration_s > MAX_BRACKET_S:
                raise ValueError(
                    f"the bracket of a moving scene takes {duration_s:.0f} s (at most {MAX_BRACKET_S:g} s); "
                    "lower camera.exposure_time_ev0_s or the EVs, or set moving to 0"
                )
        return self

    def with_ev(self, ev: str) -> "RenderJob":
        """Return the same job with another EV ladder, written as in a file: ``"-5..4"`` or ``"-4,0,4"``."""
        return RenderJob.model_validate({**self.model_dump(), "ev": ev})

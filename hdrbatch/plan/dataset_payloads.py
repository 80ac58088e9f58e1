"""Payloads of the tasks that make a dataset; each class writes and reads a payload, an id and outputs.

A payload is plain JSON, and all of it enters the task's digest. Fields that do not apply to a task are
omitted from its payload, so a new option does not change the digests of tasks that do not use it.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from hdrbatch.catalogue.scene import Motion, Split
from hdrbatch.kinds import Kind
from hdrbatch.plan.task import Estimate, Task, make_task, read_payload
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.specs.render_job import RenderSpec
from hdrbatch.specs.simulated_camera import CameraSpec
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import TaskRef
from hdrbatch.storage.task_ids import exposure_id, scene_id

GUIDES = ("albedo", "normal")
"""Names of the denoiser's inputs in addition to the radiance."""


@dataclass(frozen=True)
class MovingExposure:
    """Timing of one exposure of a moving scene, in seconds from the beginning of its bracket.

    Attributes
    ----------
    motion : Motion
        Kind of motion in the scene.
    begin_s, length_s : float
        Time at which the exposure's shutter opens, and its duration.
    moment_s : float
        Moment of the reference.
    duration_s : float
        Length of the whole bracket.
    """

    motion: Motion
    begin_s: float
    length_s: float
    moment_s: float
    duration_s: float


@dataclass(frozen=True)
class StoredUserFile:
    """A user's file that a scene is built from, as it is stored; see `catalogue.scene.UserFile`."""

    name: str
    camera: str
    file: FileEntry


@dataclass(frozen=True)
class RenderExposure:
    """One exposure's share of a scene's samples.

    The EV is in the id and not in the payload, since a still scene's radiance depends only on its subset.

    Attributes
    ----------
    render : RenderSpec
        Render settings; the payload omits `denoise`, since `denoised` and `guides` state what to do.
    subset, num_subsets : int
        Index of the share of the scene's sampling sequence, and number of shares.
    moving : MovingExposure or None
        Timing in a moving scene, which renders two pictures: the exposure and its share of the sharp
        reference.
    denoised : bool
        Whether the exposure of a moving scene is denoised.
    guides : bool
        Whether the denoiser's albedo and normal for the assembly are rendered as well.
    """

    kind: ClassVar = Kind.RENDER_EXPOSURE
    dataset: str
    scene: str
    ev: float
    family: str
    seed: int
    render: RenderSpec
    subset: int
    num_subsets: int
    moving: MovingExposure | None = None
    denoised: bool = False
    guides: bool = False
    own: StoredUserFile | None = None

    @property
    def task_id(self) -> str:
        """Task id."""
        return exposure_id(self.dataset, self.scene, self.ev)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Keys of the output files; the first share also writes the scene's description."""
        names = [keys.exposure(self.dataset, self.scene, self.ev)]
        if self.moving:
            names.append(keys.sharp(self.dataset, self.scene, self.ev))
        if self.guides:
            names += [keys.guide(self.dataset, self.scene, name) for name in GUIDES]
        if self.subset == 0:
            names.append(keys.scene_description(self.dataset, self.scene))
        return tuple(names)

    def payload(self) -> dict[str, Any]:
        """Return the payload as plain JSON values."""
        values: dict[str, Any] = {
            "family": self.family,
            "seed": self.seed,
            "render": _render_values(self.render),
            "subset": self.subset,
            "num_subsets": self.num_subsets,
        }
        if (moving := self.moving) is not None:
            values["motion"] = {
                "kind": moving.motion,
                "shutter_s": [moving.begin_s, moving.length_s],
                "moment_s": moving.moment_s,
                "duration_s": moving.duration_s,
            }
        if self.denoised:
            values["denoised"] = True
        if self.guides:
            values["guides"] = True
        if (own := self.own) is not None:
            file = [own.file.key, own.file.num_bytes, own.file.sha256]
            values["own"] = {"name": own.name, "camera": own.camera, "file": file}
        return values

    def task(self, estimate: Estimate) -> Task:
        """Return the task, which needs no other."""
        return make_task(self.kind, self.task_id, self.payload(), self.outputs, estimate)

    @classmethod
    def of(cls, task: Task) -> "RenderExposure":
        """Read a task; raise TaskError if another version of hdrbatch wrote its payload."""
        return read_payload(task, cls._of)

    @classmethod
    def _of(cls, task: Task) -> "RenderExposure":
        values = task.payload
        dataset, scene, name = task.id.split("/")
        moving = own = None
        if (motion := values.get("motion")) is not None:
            begin_s, length_s = motion["shutter_s"]
            moving = MovingExposure(
                motion["kind"], begin_s, length_s, motion["moment_s"], motion["duration_s"]
            )
        if (stored := values.get("own")) is not None:
            own = StoredUserFile(stored["name"], stored["camera"], FileEntry(*stored["file"]))
        return cls(
            dataset,
            scene,
            keys.ev_of_name(name),
            family=values["family"],
            seed=values["seed"],
            render=RenderSpec.model_validate(values["render"]),
            subset=values["subset"],
            num_subsets=values["num_subsets"],
            moving=moving,
            denoised=values.get("denoised", False),
            guides=values.get("guides", False),
            own=own,
        )


@dataclass(frozen=True)
class AssembleScene:
    """A scene's reference, anchor, photographs and record, from its exposures.

    Attributes
    ----------
    shutters_s : tuple of (float, float)
        Begin and length of every exposure of a moving scene, in the order of `ev`.
    denoised : bool
        Whether the reference is denoised.
    """

    kind: ClassVar = Kind.ASSEMBLE_SCENE
    dataset: str
    scene: str
    family: str
    seed: int
    split: Split
    ev: tuple[float, ...]
    camera: CameraSpec
    motion: Motion = "still"
    shutters_s: tuple[tuple[float, float], ...] = ()
    denoised: bool = False

    @property
    def moving(self) -> bool:
        """Whether the exposures show different moments."""
        return self.motion != "still"

    @property
    def task_id(self) -> str:
        """Task id."""
        return scene_id(self.dataset, self.scene)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Keys of the output files."""
        dataset, scene = self.dataset, self.scene
        photos = (keys.photo(dataset, scene, ev) for ev in self.ev)
        return keys.scene_record(dataset, scene), keys.reference(dataset, scene), *photos

    def payload(self) -> dict[str, Any]:
        """Return the payload as plain JSON values."""
        values: dict[str, Any] = {
            "dataset": self.dataset,
            "id": self.scene,
            "family": self.family,
            "seed": self.seed,
            "split": self.split,
            "ev": list(self.ev),
            "camera": _camera_values(self.camera),
        }
        if self.moving:
            values["motion"] = self.motion
            values["shutters_s"] = [list(shutter) for shutter in self.shutters_s]
        if self.denoised:
            values["denoised"] = True
        return values

    def task(self, estimate: Estimate, needs: tuple[TaskRef, ...]) -> Task:
        """Return the task, which needs the renders of all exposures."""
        return make_task(self.kind, self.task_id, self.payload(), self.outputs, estimate, needs)

    @classmethod
    def of(cls, task: Task) -> "AssembleScene":
        """Read a task; raise TaskError if another version of hdrbatch wrote its payload."""
        return read_payload(task, cls._of)

    @classmethod
    def _of(cls, task: Task) -> "AssembleScene":
        values = task.payload
        return cls(
            values["dataset"],
            values["id"],
            family=values["family"],
            seed=values["seed"],
            split=values["split"],
            ev=tuple(float(ev) for ev in values["ev"]),
            camera=CameraSpec.model_validate_json(json.dumps(values["camera"])),
            motion=values.get("motion", "still"),
            shutters_s=tuple((begin_s, length_s) for begin_s, length_s in values.get("shutters_s", ())),
            denoised=values.get("denoised", False),
        )


@dataclass(frozen=True)
class IndexDataset:
    """Index of a dataset, built from the records of its scenes, in this order."""

    kind: ClassVar = Kind.INDEX_DATASET
    dataset: str
    scenes: tuple[str, ...]

    @property
    def task_id(self) -> str:
        """Task id."""
        return self.dataset

    @property
    def outputs(self) -> tuple[str, ...]:
        """Key of the index."""
        return (keys.dataset_index(self.dataset),)

    def payload(self) -> dict[str, Any]:
        """Return the payload as plain JSON values."""
        return {"dataset": self.dataset, "scenes": list(self.scenes)}

    def task(self, estimate: Estimate, needs: tuple[TaskRef, ...]) -> Task:
        """Return the task, which needs the assemblies of its scenes, in their order."""
        return make_task(self.kind, self.task_id, self.payload(), self.outputs, estimate, needs)

    @classmethod
    def of(cls, task: Task) -> "IndexDataset":
        """Read a task; raise TaskError if another version of hdrbatch wrote its payload."""
        return read_payload(task, lambda task: cls(task.payload["dataset"], tuple(task.payload["scenes"])))


@cache
def _render_values(render: RenderSpec) -> dict[str, Any]:
    """Return values that all tasks of a job share and that must not be changed."""
    return render.model_dump(mode="json", exclude={"denoise"})


@cache
def _camera_values(camera: CameraSpec) -> dict[str, Any]:
    return camera.model_dump(mode="json")

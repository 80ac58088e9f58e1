"""Raising a recorded version makes results of that kind, and of no other, be redone."""

import pytest
from pydantic import TypeAdapter

from hdrbatch.catalogue.scene import Scene
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.task import with_current_digest
from hdrbatch.provenance.result_kinds import result_kinds
from hdrbatch.provenance.versions import recorded_versions, version_of, version_of_family
from hdrbatch.specs.render_job import RenderJob
from tests.raised import raise_version

SCENES = (Scene("street", 1, "train"), Scene("garage", 1, "train"), Scene("view", 1, "train"))


def planned():
    job = RenderJob.model_validate({"dataset": "tiny", "scenes": {"train": ("street:1",), "test": ()}})
    return plan_render(job, SCENES)


def test_every_kind_has_a_recorded_version():
    assert set(recorded_versions()) == set(result_kinds())
    assert all(version >= 1 for version in recorded_versions().values())
    TypeAdapter(dict[str, int]).validate_python(dict(recorded_versions()), strict=True)


def test_what_was_never_recorded_has_version_0():
    assert version_of("nothing of the kind") == 0
    assert version_of_family("castle") == 0


def test_another_version_of_a_family_renders_that_family_anew_and_no_other(monkeypatch):
    before = {task.id: task for task in planned().tasks()}
    raise_version(monkeypatch, "family/garage")
    after = {task.id: task for task in planned().tasks()}
    changed = {name for name in before if before[name].digest != after[name].digest}
    renders = {name for name in changed if before[name].kind == "render_exposure"}
    assert {name.split("/")[1] for name in renders} == {"garage-0001"}
    assert len(renders) == 10
    assert changed - renders == {"tiny/garage-0001", "tiny"}


def test_another_version_of_rendering_renders_everything_anew(monkeypatch):
    before = {task.id: task.digest for task in planned().tasks()}
    raise_version(monkeypatch, "render_exposure")
    assert not {task.digest for task in planned().tasks()} & set(before.values())


@pytest.mark.parametrize("kind", ["family/street", "render_exposure"])
def test_a_worker_with_another_version_sees_that_the_task_is_not_its_own(kind, monkeypatch):
    task = next(planned().tasks())
    assert task.payload["family"] == "street"
    assert with_current_digest(task) == task
    raise_version(monkeypatch, kind)
    assert with_current_digest(task).digest != task.digest

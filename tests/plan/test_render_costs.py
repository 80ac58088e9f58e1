import pytest

from hdrbatch.catalogue.family import CAPTURED, FAMILIES
from hdrbatch.plan.packing import packed_cpu_s
from hdrbatch.plan.render_costs import (
    FAMILY_COSTS,
    START,
    START_CPU_S,
    PictureSize,
    exposure_estimate,
)
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.task import Task
from hdrbatch.specs.render_job import RenderJob

SIZE = PictureSize(160 * 120, 16)


def cpu_s(family: str = "interior", size: PictureSize = SIZE, **more: bool) -> float:
    flags = {"moving": False, "guides": False, "denoised": False} | more
    return exposure_estimate("scene", family, size, **flags).cpu_s


def tasks(**render: object) -> list[Task]:
    """Of three scenes with four exposures each."""
    job = RenderJob.model_validate(
        {
            "dataset": "tiny",
            "scenes": {"train": ("interior:1", "street:2", "garage:1"), "test": ()},
            "ev": (-1.0, 0.0, 1.0, 2.0),
            "render": {"width": 32, "height": 24, "samples": 2, **render},
        }
    )
    return list(plan_render(job, job.scenes.catalogue()).stages[0].tasks)


def test_every_family_has_a_cost_of_its_own():
    assert set(FAMILY_COSTS) == {*FAMILIES, CAPTURED.name}


def test_a_user_s_own_file_costs_what_most_families_do():
    costs = sorted(cpu_s(family) for family in FAMILIES)
    assert costs[3] < cpu_s("blend") < costs[-3]


@pytest.mark.parametrize("family", [*FAMILIES, "blend"])
def test_an_exposure_costs_a_fixed_part_and_one_by_pixels_and_samples(family):
    one, two = (cpu_s(family, PictureSize(160 * 120, samples)) for samples in (1000, 2000))
    assert 1.9 < two / one < 2
    assert cpu_s(family, PictureSize(2 * 160 * 120, 1000)) == pytest.approx(two, rel=0.05)


def test_what_is_rendered_besides_costs_too():
    assert cpu_s() < cpu_s(guides=True) < cpu_s(denoised=True)
    assert cpu_s(moving=True) > 1.5 * cpu_s()
    assert cpu_s(denoised=True, moving=True) > cpu_s(moving=True)


def test_eevee_does_not_cost_by_samples():
    few, many = (cpu_s(size=PictureSize(96 * 72, samples, "eevee")) for samples in (1, 100))
    assert few == many > cpu_s(size=PictureSize(96 * 72, 1))


def test_the_job_s_engine_size_and_denoising_are_estimated():
    (first, second, *_), bigger = tasks(), tasks(width=320, height=240, samples=64)
    assert first.id.startswith("tiny/interior-0001")
    assert FAMILIES["interior"].denoised
    assert first.estimate.cpu_s > second.estimate.cpu_s  # the guides
    assert bigger[1].estimate.cpu_s > 20 * second.estimate.cpu_s
    assert tasks(engine="eevee", denoise="never")[1].estimate.cpu_s > 5 * second.estimate.cpu_s


def test_packed_tasks_pay_the_start_once_in_a_process_and_a_scene_once_in_a_row():
    twelve = tasks()
    alone = sum(task.estimate.cpu_s for task in twelve)
    scenes = [twelve[number].estimate.shared_cpu_s for number in (0, 4, 8)]
    interior, street, garage = (
        next(cpu_s for name, cpu_s in shared.items() if name != START) for shared in scenes
    )

    assert packed_cpu_s(twelve, 1) == pytest.approx(alone)
    assert packed_cpu_s(twelve, 12) == pytest.approx(
        alone - 11 * START_CPU_S - 3 * (interior + street + garage)
    )
    # Elements of five: the second begins within the street, the third within the garage.
    assert packed_cpu_s(twelve, 5) == pytest.approx(
        alone - 9 * START_CPU_S - 3 * interior - 2 * street - 2 * garage
    )


def test_a_task_keeps_its_shared_costs_in_its_json_form():
    task = tasks()[0]
    assert Task.from_json(task.to_json()).estimate == task.estimate
    older = task.to_json() | {"estimate": [2.0, 100]}
    assert packed_cpu_s([Task.from_json(older)] * 3, 3) == 6.0

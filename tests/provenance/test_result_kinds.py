"""The table of kinds agrees with the package."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from hdrbatch.catalogue.family import BLEND, CAPTURED, FAMILIES
from hdrbatch.export.exporter import LAYOUTS
from hdrbatch.provenance.result_kinds import DYNAMIC_IMPORTS, UNDECIDING, result_kinds
from hdrbatch.provenance.sources import Sources
from tests.versions.products import PRODUCTS
from tests.versions.record import closures_of

ROOT = Path(__file__).parents[2] / "hdrbatch"


@cache
def closures() -> Mapping[str, Mapping[str, str]]:
    return closures_of(ROOT)


def test_every_kind_of_task_family_and_layout_has_a_version_of_its_own():
    tasks = {path.stem for path in (ROOT / "tasks").glob("*.py")} - {"__init__"}
    families = {f"family/{family}" for family in (*FAMILIES, CAPTURED.name, BLEND)}
    layouts = {f"export/{layout}" for layout in LAYOUTS}
    others = {"merge", "reconstruct", "model", "checkpoint"}
    assert set(result_kinds()) == tasks | families | layouts | others


def test_every_kind_has_a_golden_output():
    made = {kind for product in PRODUCTS.values() for kind in product.kinds}
    assert made == set(result_kinds())


def test_a_render_s_own_code_has_no_family_in_it_and_a_family_s_has_its_props():
    assert not [
        module for module in closures()["render_exposure"] if "families" in module or "props" in module
    ]
    assert "hdrbatch.scenes.build" in closures()["render_exposure"]
    assert "hdrbatch.scenes.blendfile" not in closures()["render_exposure"]
    for family in FAMILIES:
        own = closures()[f"family/{family}"]
        assert f"hdrbatch.scenes.families.{family}" in own
        assert any(module.startswith("hdrbatch.scenes.kit.") for module in own)
        assert "hdrbatch.blender.rendering" not in own


@pytest.mark.parametrize(
    ("kind", "decides"),
    [
        ("merge", "hdrbatch.imaging.variance_merge"),
        ("merge", "hdrbatch.photographs.calibration"),
        ("reconstruct", "hdrbatch.learning.coarse"),
        ("reconstruct", "hdrbatch.photographs.alignment"),
        ("train_variant", "hdrbatch.learning.loss"),
        ("train_variant", "hdrbatch.imaging.metrics"),
        ("compare_variants", "hdrbatch.evaluation.intervals"),
        ("assemble_scene", "hdrbatch.imaging.sensor"),
        ("export/kalantari", "hdrbatch.imaging.rgbe"),
        ("export/linear-exr", "hdrbatch.storage.keys"),
        ("train_variant", "hdrbatch.plan.payloads"),
        ("render_exposure", "hdrbatch.catalogue.family"),
    ],
)
def test_what_is_imported_on_the_way_to_a_result_decides_it(kind, decides):
    assert decides in closures()[kind]


def test_what_decides_nothing_is_there_and_in_no_closure_unless_it_is_read():
    modules = Sources(ROOT).modules
    reads = {module for kind in result_kinds().values() for module in kind.reads}
    for undeciding in UNDECIDING:
        assert undeciding in modules
        inside = {
            module
            for closure in closures().values()
            for module in closure
            if f"{module}.".startswith(f"{undeciding}.")
        }
        assert inside <= reads


def test_no_module_of_a_closure_imports_by_a_computed_name_that_is_not_declared():
    sources = Sources(ROOT)
    modules = {module for closure in closures().values() for module in closure}
    assert {module for module in modules if sources.source(module).computes_imports} == set(DYNAMIC_IMPORTS)

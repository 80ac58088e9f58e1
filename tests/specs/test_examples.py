"""The files that users copy are valid."""

import pytest

from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.load import PROJECT_ROOT, load_toml

EXAMPLES = sorted((PROJECT_ROOT / "infra" / "clusters").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_of_a_cluster_file_is_valid(path):
    cluster = load_toml(path, ClusterSpec)
    assert cluster.scheduler == ("local" if path.stem == "local" else "slurm")


def test_there_are_examples_with_apptainer_and_with_pyxis_both_with_gpus():
    clusters = [load_toml(path, ClusterSpec) for path in EXAMPLES]
    assert {one.container.runtime for one in clusters} >= {"apptainer", "pyxis"}
    for cluster in clusters:
        if cluster.container.runtime in ("apptainer", "pyxis"):
            assert cluster.resources_of("train_variant").gpus == 1
            assert not cluster.resources_of("render_exposure").gpus

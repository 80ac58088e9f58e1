import pytest

from hdrbatch.export.exporter import ExportRequest, export_dataset
from hdrbatch.results.datasets import load_dataset
from tests.report.conftest import Shop


@pytest.fixture
def shop(tmp_path):
    """A store with a dataset of two training scenes and a test scene, each at EV -5 to 4."""
    shop = Shop(tmp_path)
    shop.add_dataset("set", num_train=2, num_test=1)
    return shop


@pytest.fixture
def index(shop):
    return load_dataset(shop.store, "set")


@pytest.fixture
def export(shop, index, tmp_path):
    """Export the dataset to a folder: ``export("kalantari", split="train")``."""

    def export(layout, output=tmp_path / "out", index=index, **settings):
        return export_dataset(shop.store, index, ExportRequest(layout, output, **settings))

    return export

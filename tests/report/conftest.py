import hashlib
import io
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from PIL import Image

from hdrbatch.catalogue.scene import Scene
from hdrbatch.catalogue.selection import numbered_scenes
from hdrbatch.evaluation.variant_comparison import compare
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.exr import write_exr
from hdrbatch.imaging.photo import write_photo
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, photograph
from hdrbatch.imaging.statistics import anchor_of, black_fraction, clipped_fraction, dynamic_range_stops
from hdrbatch.imaging.tonemapping import preview
from hdrbatch.records.dataset_index import DatasetRecord, DatasetScene, ExposureRecord, SceneRecord
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.records.hdr_record import ReconstructionRecord
from hdrbatch.records.scores import NETWORK, EvaluationRecord, SceneScores, Scores
from hdrbatch.report.page import page_html
from hdrbatch.specs.simulated_camera import CameraSpec
from hdrbatch.specs.variant import VariantSpec
from hdrbatch.storage import keys
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.receipts import Receipt, write_receipt

LADDER = tuple(float(ev) for ev in range(-5, 5))
VARIANTS = {"ldr": (0.0,), "candidates": (-2.0, 0.0, 2.0)}
VERSIONS = {"bpy": "4.5.15", "torch": "2.13.0"}


def lamps(width: int, height: int, seed: int) -> np.ndarray:
    """Round lamps before a wall with a gradient, 10 stops and more between them."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width].astype(np.float32) / height
    radiance = (0.02 + 0.3 * columns)[..., None] * rng.uniform(0.5, 1, 3).astype(np.float32)
    radiance[rows > 0.75] *= 0.1
    for _ in range(4):
        top, left = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9) * width / height
        glow = np.exp(-((rows - top) ** 2 + (columns - left) ** 2) / 0.003)
        radiance += (rng.uniform(2, 60) * glow)[..., None] * np.array([1, 0.85, 0.6])
    return radiance.astype(np.float32)


def taken(radiance_ev0: np.ndarray, ev: float) -> np.ndarray:
    """A photograph without noise, (H, W, 3) uint8."""
    still = np.zeros_like(radiance_ev0)
    signal = photograph(radiance_ev0, 2.0**ev, Sensor(), parse_response("srgb"), still, still)
    return np.rint(signal * 255).astype(np.uint8)


@cache
def _rendered(scene: Scene, size: tuple[int, int]) -> tuple[SceneRecord, dict[float, bytes], bytes]:
    """The record of a scene, the bytes of its photographs by EV, and those of its reference."""
    radiance = lamps(*size, scene.seed)
    anchor = anchor_of(radiance)
    camera = CameraSpec()
    photos, exposures = {}, []
    with TemporaryDirectory() as folder:
        for ev in LADDER:
            path = Path(folder) / "photo.png"
            photo = taken(radiance * np.float32(anchor), ev)
            write_photo(path, photo, PhotoMetadata(camera.exposure_time_ev0_s * 2.0**ev, 8.0, 100.0, "test"))
            photos[ev] = path.read_bytes()
            unit = photo.astype(np.float32) / 255
            exposures.append(
                ExposureRecord(
                    ev=ev, clipped_fraction=clipped_fraction(unit), black_fraction=black_fraction(unit)
                )
            )
        path = Path(folder) / "reference.exr"
        write_exr(path, radiance)
        reference = path.read_bytes()
    record = SceneRecord(
        id=scene.id,
        family=scene.family,
        seed=scene.seed,
        split=scene.split,
        width=size[0],
        height=size[1],
        anchor=anchor,
        dynamic_range_stops=dynamic_range_stops(radiance),
        exposures=tuple(exposures),
        camera=camera.model_dump(mode="json"),
        description={"family": scene.family, "facts": {"sun_elevation_deg": 23.456, "time": "dusk"}},
    )
    return record, photos, reference


@cache
def _strip(size: tuple[int, int], seed: int) -> bytes:
    """The picture of a validation: two rows of three pictures of lamps."""
    radiance = lamps(*size, seed)
    row = np.concatenate([np.minimum(radiance, 1), radiance * np.float32(0.9), radiance], axis=1)
    highlights = np.rint(np.clip(row / 16, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)
    written = io.BytesIO()
    Image.fromarray(np.concatenate([preview(row), highlights])).save(written, format="PNG")
    return written.getvalue()


class Shop:
    """Fills a folder store as the pipeline does, with small pictures and without rendering or training."""

    def __init__(self, root: Path, size: tuple[int, int] = (48, 36)) -> None:
        self.store = FolderStore(root / "store")
        self.size = size

    def add_dataset(self, name: str, num_train: int = 3, num_test: int = 2) -> None:
        families = ("interior", "outdoor", "street")
        catalogue = (
            *numbered_scenes(families, num_train, 1, "train"),
            *numbered_scenes(families, num_test, 9001, "test"),
        )
        index = DatasetRecord(dataset=name, scenes=tuple(self._scene(name, scene) for scene in catalogue))
        self._finish("index_dataset", name, [self._put(keys.dataset_index(name), index.to_bytes())])

    def add_sweep(
        self, name: str, dataset: str, scenes: Sequence[str] = ("interior-9001", "outdoor-9001")
    ) -> None:
        evaluations = [self._variant(name, variant, dataset, scenes) for variant in VARIANTS]
        comparison = compare(name, evaluations)
        self._finish("compare_variants", name, [self._put(keys.comparison(name), comparison.to_bytes())])

    def put_again(self, kind: str, task: str, key: str, data: bytes) -> None:
        """Replace a file of a finished task as if the task had made it so."""
        receipt_key = next(self.store.list(keys.receipts_of_task(kind, task))).key
        receipt = Receipt.from_bytes(self.store.get_bytes(receipt_key))
        kept = [entry for entry in receipt.files if entry.key != key]
        self._finish(kind, task, [*kept, self._put(key, data)])

    def _scene(self, dataset: str, scene: Scene) -> DatasetScene:
        record, photos, reference = _rendered(scene, self.size)
        files = [
            *(self._put(keys.photo(dataset, scene.id, ev), photo) for ev, photo in photos.items()),
            self._put(keys.reference(dataset, scene.id), reference),
            self._put(keys.scene_record(dataset, scene.id), record.to_bytes()),
        ]
        self._finish("render_exposure", f"{dataset}/{scene.id}/ev+0", files)
        return DatasetScene(scene=record, files=tuple(files))

    def _variant(self, sweep: str, name: str, dataset: str, scenes: Sequence[str]) -> EvaluationRecord:
        evs = VARIANTS[name]
        methods = [NETWORK, "linearised photograph", *(["merge of the inputs"] if len(evs) > 1 else [])]
        rows = [
            SceneScores(
                scene=scene,
                method=method,
                scores=Scores(
                    psnr_l=40.0 - 5 * number + place,
                    psnr_mu=30.0 - 2 * number + place,
                    pu21_psnr=28.0 + number + place,
                    pu21_psnr_corrected=29.0 + number + place,
                    ssim_mu=0.95 - 0.05 * number,
                    stops_clipped=None if place else 0.5 + number,
                ),
            )
            for place, scene in enumerate(scenes)
            for number, method in enumerate(methods)
        ]
        record = EvaluationRecord(
            variant=name,
            dataset=dataset,
            metric_settings="PSNR-L: radiance divided by 32.",
            input_ev=evs,
            scenes=tuple(rows),
        )
        spec = VariantSpec.model_validate(
            {"inputs": {"mode": "photographs" if len(evs) == 1 else "candidates", "ev": evs}}
        )
        config = json.dumps(spec.model_dump(mode="json") | {"num_parameters": 123456})
        folder = keys.variant_folder(sweep, name)
        files = [
            self._put(keys.evaluation(sweep, name), record.to_bytes()),
            self._put(keys.metrics(sweep, name), metrics_lines(len(evs)).encode()),
            self._put(folder + "config.json", config.encode()),
            *(self._preview(sweep, name, scene, seed) for seed, scene in enumerate(scenes)),
        ]
        self._finish("train_variant", f"{sweep}/{name}", files)
        return record

    def _preview(self, sweep: str, variant: str, scene: str, seed: int) -> FileEntry:
        return self._put(f"{keys.previews_folder(sweep, variant)}{scene}.png", _strip(self.size, seed))

    def _put(self, key: str, data: bytes) -> FileEntry:
        self.store.put_bytes(key, data)
        return FileEntry(key, len(data), hashlib.sha256(data).hexdigest())

    def _finish(self, kind: str, task: str, files: Sequence[FileEntry]) -> None:
        receipt = Receipt(
            kind=kind,
            task=task,
            digest="d" * 64,
            files=tuple(files),
            versions=VERSIONS,
            host="host",
            wall_s=1.0,
            cpu_s=1.0,
            peak_memory_bytes=1,
            phases_s={},
        )
        write_receipt(self.store, receipt)


def metrics_lines(seed: int, num_steps: int = 600) -> str:
    """As ``hdrbatch.learning.journal`` writes them: losses that fall, the learning rate dropped once."""
    rng = np.random.default_rng(seed)
    lines = []
    for step in range(10, num_steps + 1, 10):
        loss = 0.01 + 0.1 * np.exp(-step / 120) * rng.uniform(0.6, 1.5)
        rate = 1e-3 if step <= 400 else 1e-4
        lines.append(json.dumps({"step": step, "loss": loss, "learning_rate": rate}))
        if step % 50 == 0:
            validation = {"validation_loss": loss * 1.1, "validation_loss_of_base": 0.03}
            lines.append(json.dumps({"step": step, **validation}))
    return "\n".join(lines) + "\n"


def add_reconstruction(
    folder: Path, name: str, exposures_ev: Sequence[float] = (0.0,), size: tuple[int, int] = (48, 36)
) -> ReconstructionRecord:
    """Photographs of lamps, the radiance behind them as the result, and the record next to it."""
    folder.mkdir(parents=True, exist_ok=True)
    radiance_ev0 = lamps(*size, seed=len(name))
    photos = []
    for number, ev in enumerate(exposures_ev):
        photos.append(folder / f"{name}-{number}.jpg")
        Image.fromarray(taken(radiance_ev0, ev)).save(photos[-1], quality=95)
    write_exr(folder / f"{name}.exr", radiance_ev0)
    record = ReconstructionRecord(
        digest="d" * 64,
        photos=tuple(str(path) for path in photos),
        exposures_ev=tuple(exposures_ev),
        used=tuple(range(len(photos))),
        response="srgb",
        warnings=(),
        model="local/candidates",
        radiance=str(folder / f"{name}.exr"),
        width=size[0],
        height=size[1],
    )
    (folder / f"{name}.json").write_bytes(record.to_bytes())
    return record


@dataclass
class Element:
    """An element of a parsed page."""

    name: str
    attributes: dict[str, str | None]
    children: list["Element"] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, in the order of the page."""
        return " ".join(" ".join(self.texts).split())

    def all(self, name: str) -> list["Element"]:
        """All elements of a name inside, in the order of the page."""
        found = [self] if self.name == name else []
        return found + [inner for child in self.children for inner in child.all(name)]

    def part(self, identifier: str) -> "Element":
        """The element with an id."""
        return next(e for e in self.everything() if e.attributes.get("id") == identifier)

    def of_class(self, name: str) -> list["Element"]:
        """All elements of a class."""
        return [e for e in self.everything() if name in (e.attributes.get("class") or "").split()]

    def everything(self) -> list["Element"]:
        """This element and all inside."""
        return [self, *(inner for child in self.children for inner in child.everything())]


class _TreeBuilder(HTMLParser):
    VOID = frozenset({"img", "meta", "br"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("document", {})]

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        element = Element(name, dict(attributes))
        self.open[-1].children.append(element)
        if name not in self.VOID:
            self.open.append(element)

    def handle_startendtag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(name, dict(attributes)))

    def handle_endtag(self, name: str) -> None:
        assert self.open[-1].name == name, f"</{name}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.texts.append(data)


def parsed(page: str) -> Element:
    """Parse a page; elements that are not closed in order fail."""
    builder = _TreeBuilder()
    builder.feed(page)
    builder.close()
    assert len(builder.open) == 1, f"not closed: {[element.name for element in builder.open[1:]]}"
    return builder.open[0]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty store and the means to fill it."""
    return Shop(tmp_path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Where results of reconstructions lie."""
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


@pytest.fixture
def reconstruct() -> Callable[..., ReconstructionRecord]:
    return add_reconstruction


@dataclass(frozen=True)
class Report:
    """What a page is about, the page, and the page parsed; shared by tests, which only read it."""

    store: FolderStore
    photos: Path
    page: str
    parsed: Element


MADE_AT = datetime(2026, 5, 4, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of a dataset, a compared sweep and a reconstruction, its plots drawn."""
    root = tmp_path_factory.mktemp("report")
    full = Shop(root)
    full.add_dataset("local")
    full.add_sweep("local", "local")
    add_reconstruction(root / "results" / "brackets", "garden", (-2.0, 0.0, 2.0))
    page = page_html(full.store, [root / "results"], MADE_AT)
    return Report(full.store, root / "results", page, parsed(page))


@pytest.fixture
def damageable(report: Report, tmp_path: Path) -> FolderStore:
    """A copy of the report's store."""
    shutil.copytree(report.store.root, tmp_path / "damageable")
    return FolderStore(tmp_path / "damageable")


@pytest.fixture
def render_page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Element]:
    """Make a page about a store and parse it; the plots are there with their labels, but blank.

    Drawing them takes most of the time. They are drawn on the page of the fixture ``report``.
    """
    from matplotlib.figure import Figure

    def render(store: FolderStore, *photo_folders: Path) -> Element:
        with monkeypatch.context() as patch:
            patch.setattr("hdrbatch.report.plots._plot", lambda draw, size, colours, save: save(Figure()))
            return parsed(page_html(store, photo_folders, MADE_AT))

    return render


@pytest.fixture(scope="session")
def parse() -> Callable[[str], Element]:
    return parsed


@pytest.fixture
def lines_of_metrics() -> Callable[..., str]:
    return metrics_lines

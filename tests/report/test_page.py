import base64
import io
import json
import re
import shutil
import subprocess
import sys

import pytest
from markupsafe import escape
from PIL import Image

from hdrbatch.errors import UserError
from hdrbatch.evaluation.variant_comparison import compare
from hdrbatch.records.comparison import ComparisonRecord
from hdrbatch.records.dataset_index import DatasetRecord
from hdrbatch.records.hdr_record import ReconstructionRecord
from hdrbatch.records.scores import NETWORK, EvaluationRecord
from hdrbatch.report.figures import write_figures
from hdrbatch.report.page import write_page
from hdrbatch.report.style import CONTENT_POLICY, SCRIPT
from hdrbatch.storage import keys
from hdrbatch.storage.folder import FolderStore
from tests.report.conftest import MADE_AT
from tests.waiting import PATIENCE_S

PARTS = ["datasets", "curves", "scores", "photographs"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET_CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]


def test_the_parts_stand_in_order_each_with_its_content(report):
    page = report.parsed
    parts = [e.attributes["id"] for e in page.all("section") if "id" in e.attributes]
    assert parts == PARTS
    for part, picture_count in (
        ("datasets", 5 * 11),
        ("curves", 0),
        ("scores", 4),
        ("photographs", 4 + 2 + 3),
    ):
        section = page.part(part)
        assert not section.of_class("empty"), part
        assert len(section.all("img")) == picture_count, part
    assert len(page.part("curves").all("svg")) == 2
    assert not page.of_class("problem")
    assert not page.of_class("problems")


def test_the_header_says_what_when_where_and_how_much(report):
    header = report.parsed.all("header")[0].text
    assert "2026-05-04 03:02 UTC" in header
    assert report.store.url in header
    assert "1 (5 scenes, 50 photographs)" in header
    assert "1 (2 trained networks)" in header
    assert "bpy 4.5.15, torch 2.13.0" in header


def test_nothing_is_loaded_from_elsewhere(report):
    page = report.parsed
    loading = {"src", "srcset", "href", "xlink:href", "action", "data", "poster", "background"}
    for element in page.everything():
        for name in loading & element.attributes.keys():
            assert (element.attributes[name] or "").startswith(("#", "data:image/")), element
        style = (element.attributes.get("style") or "") + (element.text if element.name == "style" else "")
        assert "@import" not in style
        assert all(after.startswith("#") for after in style.split("url(")[1:])
        assert element.name not in {"link", "iframe", "object", "embed", "base"}
    policies = [
        e.attributes["content"]
        for e in page.all("meta")
        if e.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert [policy.partition(";")[0] for policy in policies if policy] == ["default-src 'none'"]


def test_every_picture_decodes_to_its_stated_size_and_is_described(report):
    pictures = report.parsed.all("img")
    for picture in pictures:
        header, _, text = (picture.attributes["src"] or "").partition(",")
        assert header == "data:image/jpeg;base64"
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True))) as image:
            image.load()
            assert image.size == (int(picture.attributes["width"]), int(picture.attributes["height"]))
        assert picture.attributes["alt"]
    assert len({picture.attributes["alt"] for picture in pictures}) > len(pictures) / 2


def test_ids_are_unique_and_references_within_the_page_lead_somewhere(report):
    page = report.parsed
    ids = [e.attributes["id"] for e in page.everything() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    references = [e.attributes.get("href") or e.attributes.get("xlink:href") for e in page.everything()]
    assert {ref[1:] for ref in references if ref is not None} <= set(ids)


@pytest.fixture(scope="module")
def made_elsewhere(report, tmp_path_factory):
    """The report's page as another process makes it, and the heavy modules that it loaded for that."""
    code = (
        "import sys\nfrom datetime import datetime\nfrom pathlib import Path\n"
        "from hdrbatch.report.page import page_html\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from hdrbatch.storage.address import open_store\n"
        "store, made_at = open_store(sys.argv[1]), datetime.fromisoformat(sys.argv[3])\n"
        "page = page_html(store, [Path(sys.argv[2])], made_at)\n"
        "Path(sys.argv[4]).write_text(page, encoding='utf-8')\n"
        "print([name for name in ('torch', 'bpy', 'boto3', 'matplotlib.pyplot') if name in sys.modules])"
    )
    page = tmp_path_factory.mktemp("elsewhere") / "report.html"
    arguments = [report.store.url, str(report.photos), MADE_AT.isoformat(), str(page)]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return page.read_text(encoding="utf-8"), done.stdout.strip()


def test_the_same_store_gives_the_same_page(report, made_elsewhere):
    assert made_elsewhere[0] == report.page


def test_an_empty_store_gives_a_page_that_says_which_command_fills_each_part(tmp_path, render_page):
    page = render_page(FolderStore(tmp_path / "nothing"))
    commands = [e.text for part in PARTS for e in page.part(part).all("code")]
    assert [command.split()[1] for command in commands] == [
        "render",
        "sweep",
        "sweep",
        "reconstruct",
        "report",
    ]
    assert not page.all("img")


def test_a_photo_folder_that_is_not_there_is_named(shop, tmp_path, render_page):
    page = render_page(shop.store, tmp_path / "nowhere")
    (problem,) = page.of_class("problem")
    assert f"--photos {tmp_path / 'nowhere'} cannot be shown: the folder does not exist" in problem.text


def test_hostile_names_are_text_on_the_page(shop, photos, reconstruct, render_page):
    hostile = "<img src=x onerror=alert(1)>&quot;'\""
    record = reconstruct(photos, "plain")
    changed = record.model_copy(update={"model": hostile, "photos": (f"/gone/{hostile}.jpg",)})
    (photos / f"{hostile.replace('/', '')}.json").write_bytes(changed.to_bytes())
    page = render_page(shop.store, photos)
    assert f"Made by {hostile} from" in page.part("photographs").text
    assert all((e.attributes.get("src") or "data:").startswith("data:") for e in page.everything())
    assert not [e for e in page.everything() for name in e.attributes if name.startswith("on")]


def test_a_hostile_fact_of_a_scene_is_text(shop, render_page):
    shop.add_dataset("local", num_train=1, num_test=0)
    key = keys.dataset_index("local")
    data = shop.store.get_bytes(key).replace(b'"dusk"', b'"</style><script>alert(1)</script>"')
    shop.put_again("index_dataset", "local", key, data)
    page = render_page(shop.store)
    assert len(page.all("script")) == 1
    assert "time </style><script>alert(1)</script>" in page.part("datasets").text


def test_damaged_and_missing_files_are_named_in_their_place_and_at_the_top(damageable, report, render_page):
    damaged = [
        keys.photo("local", "interior-0001", 0.0),
        keys.reference("local", "outdoor-0001"),
        f"{keys.previews_folder('local', 'ldr')}interior-9001.png",
        keys.comparison("local"),
    ]
    for key in damaged:
        path = damageable.root / key
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    missing = [
        keys.photo("local", "street-0001", -5.0),
        keys.metrics("local", "candidates"),
        keys.evaluation("local", "candidates"),
    ]
    for key in missing:
        (damageable.root / key).unlink()
    page = render_page(damageable, report.photos)
    problems = " ".join(problem.text for problem in page.of_class("problem"))
    top = page.of_class("problems")[0].text
    assert "7 things could not be shown" in top
    for key in damaged:
        assert f"{key} cannot be shown: {key} does not match its recorded size or SHA-256" in problems
        assert key in top
    for key in missing:
        assert f"there is no {key}" in problems
        assert key in top
    # What is not damaged is still there.
    assert len(page.part("datasets").all("img")) == 5 * 11 - 3
    assert len(page.part("curves").all("svg")) == 1
    assert len(page.part("photographs").all("img")) == 9


def test_a_dataset_whose_index_is_no_index_is_named(shop, render_page):
    shop.add_dataset("good", num_train=1, num_test=0)
    shop.add_dataset("bad", num_train=1, num_test=0)
    shop.store.put_bytes(keys.dataset_index("bad"), b'{"dataset": 1}')
    page = render_page(shop.store)
    assert "dataset bad cannot be shown" in page.of_class("problem")[0].text
    assert "Dataset good" in page.part("datasets").text


HOSTILE = [
    "\"><script>document.title='pwned'</script><img src=x onerror=document.title='pwned'>",
    "' onload=document.title='pwned' x='",
    "</title></style></script></svg>--><script>document.title='pwned'</script>",
    "\\g<1>$x_{$\\1 &lt;b&gt; \x01\x0b",
    "]]><svg onload=document.title='pwned'>",
    "javascript:document.title='pwned'",
]
GIVEN = {"id", "split", "origin", "sha256", "key", "digest", "motion", "photos", "radiance", "warnings"}
"""Fields that are read back as keys or paths, or that have few values."""

NAMES = {"variant", "against_variant", "sweep", "dataset", "family"}
"""Fields that become parts of keys: slashes, backslashes, control characters and long names are refused."""
MAX_ADDED = 100


def spoiled(value, hostile, field=""):
    """A record's values with hostile text in every text and in the names of every mapping."""
    if isinstance(value, dict):
        named = field in ("groups", "facts", "intervals")
        return {
            (f"{name}{hostile}" if named and name != "family" else name): spoiled(inner, hostile, name)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [spoiled(inner, hostile, field) for inner in value]
    is_text = isinstance(value, str) and field not in GIVEN and value != NETWORK
    if is_text and field in NAMES:
        return value + re.sub(r"[\\/\x00-\x1f]", "", hostile)[:MAX_ADDED]
    return value + hostile if is_text else value


@pytest.fixture
def hostile_page(request, shop, photos, reconstruct, tmp_path):
    """A page of records with hostile text in every field that is shown; figures are written too."""
    shop.add_dataset("local", num_train=1, num_test=1)
    shop.add_sweep("local", "local")
    record = reconstruct(photos / "brackets", "garden", (0.0,))
    evaluations = []
    for variant in ("ldr", "candidates"):
        key = keys.evaluation("local", variant)
        values = spoiled(json.loads(shop.store.get_bytes(key)), request.param)
        values["variant"] = variant
        evaluations.append(EvaluationRecord.model_validate(values))
        shop.put_again("train_variant", f"local/{variant}", key, evaluations[-1].to_bytes())
        key = keys.variant_config("local", variant)
        config = spoiled(json.loads(shop.store.get_bytes(key)), request.param)
        config["network"]["width"] = request.param
        shop.put_again("train_variant", f"local/{variant}", key, json.dumps(config).encode())
    comparison = compare("local", evaluations, {"group": ("ldr", "candidates")})
    named = spoiled(json.loads(comparison.to_bytes()), request.param)
    comparison = ComparisonRecord.model_validate(named)
    shop.put_again("compare_variants", "local", keys.comparison("local"), comparison.to_bytes())
    index = spoiled(json.loads(shop.store.get_bytes(keys.dataset_index("local"))), request.param)
    index = DatasetRecord.model_validate(index | {"dataset": "local"})
    shop.put_again("index_dataset", "local", keys.dataset_index("local"), index.to_bytes())
    values = spoiled(json.loads(record.to_bytes()), request.param) | {"response": "srgb"}
    values["warnings"] = [request.param]
    (photos / "brackets" / "garden.json").write_bytes(ReconstructionRecord.model_validate(values).to_bytes())
    write_page(shop.store, [photos], tmp_path / "report.html")
    pictures = write_figures(comparison, tmp_path / "figures")
    assert pictures
    assert {path.parent for path in pictures} == {tmp_path / "figures"}
    return tmp_path / "report.html"


@pytest.mark.filterwarnings("ignore:Glyph", "ignore:constrained_layout")
@pytest.mark.parametrize("hostile_page", HOSTILE, indirect=True)
def test_no_name_in_any_record_becomes_an_element_or_an_attribute(hostile_page, parse):
    text = hostile_page.read_text(encoding="utf-8")
    page = parse(text)
    assert [e.texts[0] for e in page.all("script")] == [SCRIPT]
    assert page.all("meta")[1].attributes["content"] == CONTENT_POLICY
    assert "unsafe-inline" not in CONTENT_POLICY.partition("script-src")[2]
    for element in page.everything():
        assert not [name for name in element.attributes if name.startswith("on")]
        assert not (element.attributes.get("href") or "#").strip().startswith("javascript")
        if "id" in element.attributes and element.attributes["id"] != "enlarged":
            assert set(element.attributes["id"]) <= set(
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
            )
    ids = [e.attributes["id"] for e in page.everything() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    assert len(page.all("svg")) >= 4


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore:Glyph", "ignore:constrained_layout")
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed, so nothing can be run")
@pytest.mark.parametrize("hostile_page", ["".join(HOSTILE), *HOSTILE], indirect=True)
def test_no_name_in_any_record_is_run_by_a_browser_even_without_the_policy(hostile_page, tmp_path):
    page = hostile_page.read_text(encoding="utf-8")
    written = escape(CONTENT_POLICY)
    assert written in page
    page = page.replace(written, escape("script-src 'unsafe-inline'"))
    hostile_page.write_text(page, encoding="utf-8")
    title = title_after_scripts(hostile_page, tmp_path)
    assert title.startswith("hdrbatch report of")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed, so nothing can be run")
def test_the_policy_stops_a_script_that_is_not_the_page_s(shop, tmp_path):
    write_page(shop.store, [], tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    script = "<script>document.title='pwned'</script></body>"
    (tmp_path / "report.html").write_text(page.replace("</body>", script), encoding="utf-8")
    assert title_after_scripts(tmp_path / "report.html", tmp_path).startswith("hdrbatch report of")


def title_after_scripts(path, tmp_path):
    """The title of a page when its scripts have run."""
    command = [
        CHROMIUM,
        *QUIET_CHROMIUM,
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
        path.as_uri(),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    return done.stdout.partition("<title>")[2].partition("</title>")[0]


def test_an_unwritable_output_is_refused_with_its_name(shop, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"-o .*file/report.html: cannot be written"):
        write_page(shop.store, [], tmp_path / "file" / "report.html")


def test_the_page_is_written_whole_and_nothing_else_is_left(shop, tmp_path, parse):
    output = tmp_path / "new" / "report.html"
    write_page(shop.store, [], output)
    assert parse(output.read_text(encoding="utf-8")).all("h1")[0].text == "hdrbatch report"
    assert list(output.parent.iterdir()) == [output]


def test_a_report_loads_neither_torch_nor_blender_nor_boto3(made_elsewhere):
    assert made_elsewhere[1] == "[]"


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed, so the page cannot be looked at")
def test_a_browser_draws_the_page_and_its_pictures(report, tmp_path):
    (tmp_path / "report.html").write_text(report.page, encoding="utf-8")
    screenshot = tmp_path / "screenshot.png"
    command = [
        CHROMIUM,
        *QUIET_CHROMIUM,
        f"--user-data-dir={tmp_path / 'profile'}",
        "--window-size=1000,1400",
        f"--screenshot={screenshot}",
        (tmp_path / "report.html").as_uri(),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    assert screenshot.is_file(), done.stderr
    with Image.open(screenshot) as image:
        colours = image.convert("RGB").getcolors(maxcolors=1 << 24)
    assert colours is not None
    # A blank page has one colour, text alone a few hundred; the pictures of the scenes bring thousands.
    assert len(colours) > 3000


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed, so nothing can be clicked")
def test_a_click_enlarges_a_picture_and_an_arrow_key_shows_the_next(report, tmp_path):
    script = (
        "<script>document.querySelectorAll('button.enlarge')[5].click();"
        "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}));"
        "document.title = dialog.open + ': ' + dialog.textContent;</script></body>"
    )
    page = report.page.replace(escape(CONTENT_POLICY), "script-src 'unsafe-inline'").replace(
        "</body>", script
    )
    (tmp_path / "clicked.html").write_text(page, encoding="utf-8")
    title = title_after_scripts(tmp_path / "clicked.html", tmp_path)
    assert title.startswith("true: interior-0001: photograph at EV 0, ")


def test_the_page_of_a_small_dataset_is_small(report):
    assert len(report.page.encode()) < 1_000_000

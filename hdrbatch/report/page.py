"""One self-contained HTML page that shows what a store holds."""

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from hdrbatch.errors import UserError
from hdrbatch.kinds import Kind
from hdrbatch.local_files import write_whole
from hdrbatch.records.dataset_index import DatasetRecord
from hdrbatch.report.dataset_sections import dataset_section, num_photographs
from hdrbatch.report.marks import PAGE_TITLE, check_replaceable
from hdrbatch.report.markup import Markup, facts_list, joined, tag
from hdrbatch.report.photograph_sections import Reconstruction, find_reconstructions, photograph_section
from hdrbatch.report.problems import READ_ERRORS, Problems
from hdrbatch.report.style import CONTENT_POLICY, SCRIPT, STYLE
from hdrbatch.report.sweep_sections import CURVES_NOTE, Sweep, curves_section, finished_sweeps, scores_section
from hdrbatch.report.wording import counted
from hdrbatch.results.datasets import dataset_names, load_dataset
from hdrbatch.results.finished import finished_task, finished_tasks
from hdrbatch.storage.base import Store

PARTS = {
    "datasets": "Datasets",
    "curves": "Training curves",
    "scores": "Scores",
    "photographs": "Photographs",
}
SHOWN_VERSIONS = {Kind.RENDER_EXPOSURE: "bpy", Kind.TRAIN_VARIANT: "torch"}
"""The package that affects the results of a kind of task most."""


def write_page(store: Store, photo_folders: Sequence[Path], output: Path) -> None:
    """Write a page about a store and about reconstructed photographs.

    The page loads nothing from elsewhere. It names everything that is damaged or missing.

    Parameters
    ----------
    store
        Store with datasets and sweeps.
    photo_folders
        Folders to search, recursively, for results of ``hdrbatch reconstruct`` and ``hdrbatch merge``.
    output
        The HTML file; an earlier page is replaced once this one is complete.

    Raises
    ------
    UserError
        If the page cannot be written there, or would replace another file.
    StoreError
        If the store cannot be listed.
    """
    check_replaceable(output, "-o")
    page = page_html(store, photo_folders, datetime.now().astimezone())
    try:
        write_whole(output, page)
    except OSError as error:
        raise UserError(f"-o {output}: cannot be written: {error.strerror or error}") from error


def page_html(store: Store, photo_folders: Sequence[Path], made_at: datetime) -> str:
    """Build the page; ``made_at`` is the time printed on it."""
    problems = Problems()
    indexes, damaged = _indexes(store, problems)
    sweeps = finished_sweeps(store, problems)
    reconstructions, unusable = find_reconstructions(photo_folders, problems)
    sections = {
        "datasets": [*(dataset_section(store, index, problems) for index in indexes), *damaged],
        "curves": [
            *([tag("p", CURVES_NOTE)] if sweeps else []),
            *(curves_section(store, sweep, problems) for sweep in sweeps),
        ],
        "scores": [scores_section(store, sweep, problems) for sweep in sweeps],
        "photographs": [
            *_missing_folders(photo_folders, problems),
            *(photograph_section(found, problems) for found in reconstructions),
            *unusable,
        ],
    }
    parts = (
        tag("section", tag("h2", title), *(sections[part] or [_empty_hint(part, store)]), id=part)
        for part, title in PARTS.items()
    )
    facts = _facts(store, made_at, indexes, sweeps, reconstructions)
    main = tag("main", _header(facts, problems), *parts)
    title = tag("title", f"{PAGE_TITLE} {store.url}")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=CONTENT_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        title,
        tag("style", Markup(STYLE)),
    )
    body = tag("body", main, tag("dialog", id="enlarged"), tag("script", Markup(SCRIPT)))
    page = f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"
    return page.encode(errors="replace").decode()  # names of files may contain bytes that are not text


def _indexes(store: Store, problems: Problems) -> tuple[list[DatasetRecord], list[Markup]]:
    indexes, damaged = [], []
    for name in dataset_names(store):
        try:
            indexes.append(load_dataset(store, name))
        except READ_ERRORS as error:
            damaged.append(problems.shown(f"dataset {name}", error))
    return indexes, damaged


def _missing_folders(folders: Sequence[Path], problems: Problems) -> list[Markup]:
    return [
        problems.shown(f"--photos {folder}", UserError("the folder does not exist"))
        for folder in folders
        if not folder.is_dir()
    ]


def _facts(
    store: Store,
    made_at: datetime,
    indexes: Sequence[DatasetRecord],
    sweeps: Sequence[Sweep],
    reconstructions: Sequence[Reconstruction],
) -> dict[str, str]:
    scenes = sum(len(index.scenes) for index in indexes)
    photographs = sum(num_photographs(index) for index in indexes)
    variants = sum(len(sweep.variants) for sweep in sweeps)
    return {
        "made": f"{made_at:%Y-%m-%d %H:%M %Z}",
        "store": store.url,
        "datasets": f"{len(indexes)} ({counted(scenes, 'scene')}, {counted(photographs, 'photograph')})",
        "sweeps": f"{len(sweeps)} ({counted(variants, 'trained network')})",
        "HDR pictures of photographs": str(len(reconstructions)),
        "versions": ", ".join([f"hdrbatch {version('hdrbatch')}", *_versions(store)]),
    }


def _versions(store: Store) -> list[str]:
    """Return the versions that rendered and trained, according to the first receipt of each kind."""
    found = []
    for kind, package in SHOWN_VERSIONS.items():
        for task in finished_tasks(store, kind)[:1]:
            try:
                versions = finished_task(store, kind, task).receipt.versions
            except READ_ERRORS:
                continue
            found += [f"{package} {versions[package]}"] if package in versions else []
    return found


def _header(facts: dict[str, str], problems: Problems) -> Markup:
    links = (tag("a", title, href=f"#{part}") for part, title in PARTS.items())
    parts = [
        tag("h1", "hdrbatch report"),
        tag(
            "p",
            "Scenes rendered as high-dynamic-range pictures and photographed at many exposures, networks "
            "trained on them to recover what a photograph loses, and their results on real photographs.",
        ),
        facts_list(facts),
        tag("nav", *links, aria_label="Parts of this page"),
    ]
    if problems.texts:
        summary = tag("summary", f"{counted(len(problems.texts), 'thing')} could not be shown")
        items = (tag("li", text) for text in dict.fromkeys(problems.texts))
        parts.append(tag("details", summary, tag("ul", *items), class_="problems"))
    return tag("header", joined(parts))


def _empty_hint(part: str, store: Store) -> Markup:
    """Suggest the command that would fill an empty section."""
    reports = f"hdrbatch report --store {store.url} --photos results/"
    text, command = {
        "datasets": ("No dataset is finished yet. To render a small one", "hdrbatch render local"),
        "curves": (
            "Nothing has been trained yet. To train small networks",
            "hdrbatch sweep local-sweep",
        ),
        "scores": ("Nothing has been compared yet. To train and compare", "hdrbatch sweep local-sweep"),
        "photographs": (
            "No photographs have been merged or reconstructed here yet. To reconstruct some",
            "hdrbatch reconstruct dark.jpg middle.jpg bright.jpg -o results/scene.exr",
        ),
    }[part]
    after = [" and, to show the result here: ", tag("code", reports)] if part == "photographs" else []
    line = f"{command} --store {store.url}"
    return tag("p", f"{text}: ", tag("code", line), *after, class_="empty")

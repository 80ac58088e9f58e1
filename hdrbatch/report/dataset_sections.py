"""Datasets on the page: a summary, and the scenes as pictures."""

import statistics
from collections.abc import Iterator, Sequence
from typing import get_args

from hdrbatch.catalogue.scene import Split
from hdrbatch.imaging.tonemapping import preview
from hdrbatch.records.dataset_index import DatasetRecord, DatasetScene, ExposureRecord, SceneRecord
from hdrbatch.report.dataset_plots import page_plots
from hdrbatch.report.markup import Markup, facts_list, joined, table, tag
from hdrbatch.report.pictures import embedded, figure, photo_from_bytes, radiance_from_bytes
from hdrbatch.report.problems import READ_ERRORS, Problems
from hdrbatch.report.summary import summary_of
from hdrbatch.report.wording import ev_text, fact_text, listed, share_text
from hdrbatch.results.finished import read_verified
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store

SCENES_PER_SPLIT = 24
"""Maximum number of scenes shown per split, so that the page stays small enough to be sent by mail."""
REFERENCE_SIDE, PHOTO_SIDE = 640, 256
"""Longest sides of the embedded pictures, pixels."""
SPLIT_TITLES: dict[Split, str] = {"train": "Training scenes", "test": "Test scenes"}

MOTION_TITLES = {"objects": "moving things", "shake": "moving camera", "both": "moving things and camera"}


def dataset_section(store: Store, index: DatasetRecord, problems: Problems) -> Markup:
    """Build the section of one dataset: its summary, then its scenes, training scenes first."""
    shown = (_split_section(store, index, split, problems) for split in get_args(Split) if index.split(split))
    return tag(
        "section",
        tag("h3", "Dataset ", tag("span", index.dataset, class_="name")),
        _summary(index),
        tag("div", page_plots(summary_of(index)), class_="plots statistics") if index.scenes else "",
        joined(shown),
    )


def num_photographs(index: DatasetRecord) -> int:
    """Count the photographs of all scenes."""
    return sum(len(entry.scene.exposures) for entry in index.scenes)


def spread_over_families(scenes: Sequence[DatasetScene], number: int) -> list[DatasetScene]:
    """Select some scenes, taking families in turn; they stay in the dataset's order."""
    turns: dict[str, int] = {}
    ranked = []
    for position, entry in enumerate(scenes):
        turn = turns[entry.scene.family] = turns.get(entry.scene.family, -1) + 1
        ranked.append((turn, position))
    return [scenes[position] for position in sorted(position for _, position in sorted(ranked)[:number])]


def _summary(index: DatasetRecord) -> Markup:
    scenes = [entry.scene for entry in index.scenes]
    if not scenes:
        return tag("p", "This dataset has no scenes.")
    stops = [scene.dynamic_range_stops for scene in scenes]
    splits = [f"{len(index.split(split))} {split}" for split in get_args(Split)]
    facts = {
        "scenes": f"{len(scenes)} ({', '.join(splits)})",
        "size": listed(sorted({f"{scene.width} \N{MULTIPLICATION SIGN} {scene.height}" for scene in scenes})),
        "exposures": listed(sorted({_ladder_text(scene.exposures) for scene in scenes})),
        "dynamic range, stops": (
            f"{statistics.median(stops):.1f} median, {min(stops):.1f} minimum, {max(stops):.1f} maximum"
        ),
    }
    return joined(
        [facts_list(facts), table(dict.fromkeys(["", *_families(scenes), "all"]), _family_rows(scenes))]
    )


def _ladder_text(exposures: Sequence[ExposureRecord]) -> str:
    evs = sorted(exposure.ev for exposure in exposures)
    if not evs:
        return "none"
    return f"{len(evs)}, {ev_text(evs[0])} to {ev_text(evs[-1]).removeprefix('EV ')}"


def _families(scenes: Sequence[SceneRecord]) -> list[str]:
    return sorted({scene.family for scene in scenes})


def _family_rows(scenes: Sequence[SceneRecord]) -> Iterator[Markup]:
    """Yield table rows with the number of scenes by split and family."""
    for split in get_args(Split):
        of_split = [scene for scene in scenes if scene.split == split]
        counts = [sum(scene.family == family for scene in of_split) for family in _families(scenes)]
        cells = (tag("td", str(count)) for count in [*counts, len(of_split)])
        yield tag("tr", tag("th", split, scope="row"), *cells)


def _split_section(store: Store, index: DatasetRecord, split: Split, problems: Problems) -> Markup:
    scenes = index.split(split)
    chosen = spread_over_families(scenes, SCENES_PER_SPLIT)
    title = SPLIT_TITLES[split]
    if len(chosen) < len(scenes):
        title += f": showing {len(chosen)} of {len(scenes)}, spread evenly over the families"
    articles = (_scene(store, index.dataset, entry, problems) for entry in chosen)
    return joined([tag("h4", title), *articles])


def _scene(store: Store, dataset: str, entry: DatasetScene, problems: Problems) -> Markup:
    scene = entry.scene
    exposures = sorted(scene.exposures, key=lambda exposure: exposure.ev)
    photographs = (_photograph(store, dataset, entry, exposure, problems) for exposure in exposures)
    return tag(
        "article",
        _reference(store, dataset, entry, problems),
        tag(
            "div",
            tag("h5", scene.id),
            tag("p", _scene_text(scene), class_="note"),
            tag("div", joined(photographs), class_="ladder", style=f"--photos: {len(exposures)}"),
        ),
        class_="scene",
    )


def _scene_text(scene: SceneRecord) -> str:
    """Describe a scene: its dynamic range, and the facts that its family recorded."""
    facts = scene.description.get("facts")
    parts = [f"{scene.dynamic_range_stops:.1f} stops", f"anchor {scene.anchor:.3g}"]
    parts += [MOTION_TITLES[scene.motion]] if scene.motion != "still" else []
    parts += ["denoised reference"] if scene.denoised else []
    parts += [fact_text(name, value) for name, value in facts.items()] if isinstance(facts, dict) else []
    return " \N{MIDDLE DOT} ".join(parts)


def _reference(store: Store, dataset: str, entry: DatasetScene, problems: Problems) -> Markup:
    key = keys.reference(dataset, entry.scene.id)
    try:
        radiance = radiance_from_bytes(read_verified(store, entry.file(key)))
    except READ_ERRORS as error:
        return problems.shown(key, error)
    picture = embedded(preview(radiance), REFERENCE_SIDE)
    return figure(picture, f"{entry.scene.id}: reference, tone-mapped", "reference, tone-mapped")


def _photograph(
    store: Store, dataset: str, entry: DatasetScene, exposure: ExposureRecord, problems: Problems
) -> Markup:
    key = keys.photo(dataset, entry.scene.id, exposure.ev)
    try:
        pixels = photo_from_bytes(read_verified(store, entry.file(key)))
    except READ_ERRORS as error:
        return problems.shown(key, error)
    clipped = f"{share_text(exposure.clipped_fraction)} clipped"
    alt = f"{entry.scene.id}: photograph at {ev_text(exposure.ev)}, {clipped}"
    return figure(embedded(pixels, PHOTO_SIDE), alt, tag("b", ev_text(exposure.ev)), tag("span", clipped))

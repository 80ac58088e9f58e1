"""Contact sheets: many scenes at a glance, each at a dark, a metered and a bright exposure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hdrbatch.report.pictures import Pixels, Radiance, scaled, shown_at

SHEET_EV = (-4.0, 0.0, 3.0)
"""Exposures of a scene on a sheet: for its highlights, its metered tones and its shadows."""
LABEL_PX = 16
GAP_PX = 4
PAPER = (245, 245, 245)
INK = (30, 30, 30)
REJECTION_INK = (170, 40, 20)


@dataclass(frozen=True)
class Exhibit:
    """A scene on a contact sheet.

    Parameters
    ----------
    title
        Text below the pictures.
    radiance_ev0 : (H, W, 3) float32
        Radiance in EV 0 units.
    rejection
        Reason why the scene is rejected; empty if it is accepted.
    """

    title: str
    radiance_ev0: Radiance
    rejection: str = ""


def contact_sheet(exhibits: Sequence[Exhibit], columns: int = 6, max_side: int = 200) -> Pixels:
    """Draw scenes side by side, each as a column of its exposures.

    Parameters
    ----------
    exhibits
        At least one scene; all pictures have the same size.
    columns
        Maximum number of scenes in a row.
    max_side
        Longest side of each picture, pixels.

    Returns
    -------
    (H, W, 3) uint8
    """
    cells = [_cell(exhibit, max_side) for exhibit in exhibits]
    columns = min(columns, len(cells))
    height, width = cells[0].shape[:2]
    rows = -(-len(cells) // columns)
    sheet: Pixels = np.full(
        (rows * (height + GAP_PX) - GAP_PX, columns * (width + GAP_PX) - GAP_PX, 3), PAPER, np.uint8
    )
    for number, cell in enumerate(cells):
        top, left = (number // columns) * (height + GAP_PX), (number % columns) * (width + GAP_PX)
        sheet[top : top + height, left : left + width] = cell
    return sheet


def _cell(exhibit: Exhibit, max_side: int) -> Pixels:
    pictures = [scaled(shown_at(exhibit.radiance_ev0, ev), max_side) for ev in SHEET_EV]
    width = pictures[0].shape[1]
    label = Image.new("RGB", (width, 2 * LABEL_PX), PAPER)
    drawing, font = ImageDraw.Draw(label), ImageFont.load_default(11)
    drawing.text((3, 1), exhibit.title, fill=INK, font=font)
    drawing.text((3, 1 + LABEL_PX), exhibit.rejection, fill=REJECTION_INK, font=font)
    cell: Pixels = np.concatenate([*pictures, np.asarray(label)])
    return cell

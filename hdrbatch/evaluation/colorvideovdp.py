"""ColorVideoVDP, a model of human vision, where its package can be used.

Its package (cvvdp on PyPI) needs torchvision, which has no build for the CPU build of torch on PyPI: there it
is left out, and the settings of an evaluation say why.

References
----------
Mantiuk, Hanji, Ashraf, Asano, Chapiro: ColorVideoVDP: a visual difference predictor for image, video and
display distortions, 2024.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hdrbatch.imaging.metrics import DEFAULT_SETTINGS, MetricSettings

DISPLAY = "standard_hdr_linear"
"""A display model of the package that takes linear Rec.709 in cd/m2."""


@dataclass(frozen=True)
class ColorVideoVdp:
    """The metric, or the reason why there is none.

    Attributes
    ----------
    metric : object or None
        A ``pycvvdp.cvvdp``.
    settings : str
        For a report: the metric's own version string, or why it is left out.
    """

    metric: Any
    settings: str

    def jod(
        self,
        prediction: NDArray[np.float32],
        reference: NDArray[np.float32],
        settings: MetricSettings = DEFAULT_SETTINGS,
    ) -> float | None:
        """Judge a picture in just-objectionable differences: 10 is perfect; None where there is no metric.

        Parameters
        ----------
        prediction, reference : (H, W, 3) float32, radiance in EV 0 units
        settings : MetricSettings
            What luminance radiance 1 is shown at.
        """
        if self.metric is None:
            return None
        shown, wanted = (
            np.maximum(np.asarray(radiance, np.float32), 0) * np.float32(settings.white_cd_m2)
            for radiance in (prediction, reference)
        )
        quality, _ = self.metric.predict(shown, wanted, dim_order="HWC")
        return float(quality)


@cache
def color_video_vdp() -> ColorVideoVdp:
    """Load the metric where its package is installed and works beside this torch."""
    try:
        pycvvdp = import_module("pycvvdp")
    except (ImportError, RuntimeError, OSError) as error:
        # A torchvision built for another torch raises RuntimeError or OSError as it is imported.
        reason = str(error).splitlines()[0]
        return ColorVideoVdp(None, f"ColorVideoVDP: left out, since pycvvdp cannot be imported ({reason}).")
    metric = pycvvdp.cvvdp(display_name=DISPLAY, quiet=True)
    return ColorVideoVdp(
        metric,
        f"ColorVideoVDP: {metric.get_info_string()}, radiance 1 shown at {DEFAULT_SETTINGS.white_cd_m2:g} "
        "cd/m2, 10 JOD is perfect.",
    )

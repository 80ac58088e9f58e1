"""ColorVideoVDP, a model of human vision, if its package is available.

Its package (cvvdp on PyPI) requires torchvision, which has no build for the CPU build of torch on PyPI. With
that build the metric is omitted, and the settings of an evaluation state why.

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
"""The package's display model for linear Rec.709 in cd/m2."""


@dataclass(frozen=True)
class ColorVideoVdp:
    """The metric, or the reason why it is omitted.

    Attributes
    ----------
    metric : object or None
        A ``pycvvdp.cvvdp``; None if the metric is omitted.
    settings : str
        The metric's own version string, or the reason why it is omitted, for a report.
    """

    metric: Any
    settings: str

    def jod(
        self,
        prediction: NDArray[np.float32],
        reference: NDArray[np.float32],
        settings: MetricSettings = DEFAULT_SETTINGS,
    ) -> float | None:
        """Score a picture in just-objectionable differences: 10 is perfect; None if the metric is omitted.

        Parameters
        ----------
        prediction, reference : (H, W, 3) float32, radiance in EV 0 units
        settings : MetricSettings
            Its ``white_cd_m2`` is the luminance at which radiance 1 is shown.
        """
        if self.metric is None:
            return None
        shown, expected = (
            np.maximum(np.asarray(radiance, np.float32), 0) * np.float32(settings.white_cd_m2)
            for radiance in (prediction, reference)
        )
        quality, _ = self.metric.predict(shown, expected, dim_order="HWC")
        return float(quality)


@cache
def color_video_vdp() -> ColorVideoVdp:
    """Load the metric if its package is installed and works with this torch."""
    try:
        pycvvdp = import_module("pycvvdp")
    except (ImportError, RuntimeError, OSError) as error:
        # Importing a torchvision built for another torch raises RuntimeError or OSError.
        reason = str(error).splitlines()[0]
        return ColorVideoVdp(None, f"ColorVideoVDP: left out, since pycvvdp cannot be imported ({reason}).")
    metric = pycvvdp.cvvdp(display_name=DISPLAY, quiet=True)
    return ColorVideoVdp(
        metric,
        f"ColorVideoVDP: {metric.get_info_string()}, radiance 1 shown at {DEFAULT_SETTINGS.white_cd_m2:g} "
        "cd/m2, 10 JOD is perfect.",
    )

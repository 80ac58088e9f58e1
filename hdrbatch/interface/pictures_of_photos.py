"""``hdrbatch.merge`` and ``hdrbatch.reconstruct``: radiance of photographs."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.exr import write_exr
from hdrbatch.imaging.rgbe import write_hdr
from hdrbatch.kinds import Kind
from hdrbatch.local_files import replacing
from hdrbatch.photographs.bracket import check_times, listed_photographs
from hdrbatch.photographs.capture import AUTOMATIC
from hdrbatch.photographs.merging import merge_method, merge_photos
from hdrbatch.photographs.request import HdrRequest, Method
from hdrbatch.photographs.result import HdrPicture, write_result
from hdrbatch.storage.address import address_or_default, open_store

Photographs = str | PathLike[str] | Sequence[str | PathLike[str]]
"""One photograph, several of one scene in any order, or a folder of them."""


@dataclass(frozen=True, eq=False)
class Radiance:
    """Radiance computed from photographs, and how it was computed.

    Attributes
    ----------
    radiance : (H, W, 3) float32
        Scene-linear Rec.709; 1.0 just saturates the middle photograph.
    photos : tuple of Path
        The photographs.
    exposures_ev : tuple of float
        Their exposures in stops relative to the middle one.
    used : tuple of int
        Indices of the photographs that the method used.
    response : str
        Response curve that linearised the photographs.
    method : str
        Method that computed the radiance: the merge, or the name of a network.
    exposure : float or None
        Exposure of the middle photograph (seconds x ISO / 100 / f-number squared), if it is known:
        ``radiance / exposure`` is on one scale for all brackets.
    notes, warnings : tuple of str
        Changes made to the photographs, and warnings about the result.
    """

    radiance: NDArray[np.float32] = field(repr=False)
    photos: tuple[Path, ...]
    exposures_ev: tuple[float, ...]
    used: tuple[int, ...]
    response: str
    method: str
    exposure: float | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the radiance alone as OpenEXR (``.exr``) or Radiance (``.hdr``), replacing an existing file.

        The file is written atomically; its folder is created if missing.

        Raises
        ------
        PhotoError
            If the file name has another ending, or the file cannot be written.
        """
        path = Path(path)
        writers = {".exr": write_exr, ".hdr": write_hdr}
        if path.suffix.lower() not in writers:
            raise PhotoError(f"{path}: the result is an .exr or .hdr file; use one of these endings")
        try:
            with replacing(path) as temporary:
                writers[path.suffix.lower()](temporary, self.radiance)
        except (OSError, RuntimeError) as error:  # OpenEXR raises RuntimeError
            reason = getattr(error, "strerror", None) or error
            raise PhotoError(f"{path}: cannot be written: {reason}") from error
        return path


def merge(
    photos: Photographs,
    *,
    times_s: Sequence[float] | None = None,
    response: str = AUTOMATIC,
    align: bool = True,
    white: int | None = None,
    out: str | PathLike[str] | None = None,
) -> Radiance:
    """Merge photographs of one scene by inverse variance, without a network.

    Parameters
    ----------
    photos : path, or sequence of paths
        Photographs in any order, or a folder of them.
    times_s : sequence of float, or None
        Exposure times in seconds, in the order of the photographs; None reads them from EXIF.
    response : str
        Response curve of the camera, as for ``hdrbatch merge --response``.
    align : bool
        Whether to shift the photographs onto each other.
    white : int or None
        Code at which the camera is full; None finds it in the photographs.
    out : path or None
        An EXR file to write, with a preview (``.png``) and a record (``.json``) next to it; None writes
        nothing.

    Raises
    ------
    PhotoError
        If there is no photograph, one cannot be read, exposures or curve cannot be determined, or ``out``
        cannot be written.
    UserError
        If ``response`` is not a known curve. (A ``PhotoError`` is a ``UserError``, too.)

    Examples
    --------
    >>> result = hdrbatch.merge(["a.jpg", "b.jpg", "c.jpg"])  # doctest: +SKIP
    >>> result.radiance.max(), result.notes  # doctest: +SKIP
    (11.3, ('aligned: c.jpg moved by +2 pixels to the right and +0 down',))
    """
    listed = _listed(photos, times_s)
    request = _request(listed, times_s, response, out, align=align, white=white)
    picture = merge_photos(listed, times_s=times_s, response=response, align=align, white=white)
    return _written(picture, request, merge_method(), listed)


def reconstruct(
    photos: Photographs,
    *,
    model: str | PathLike[str] | None = None,
    store: str | PathLike[str] | None = None,
    times_s: Sequence[float] | None = None,
    response: str = AUTOMATIC,
    align: bool = True,
    white: int | None = None,
    out: str | PathLike[str] | None = None,
) -> Radiance:
    """Compute radiance from one or more photographs of a scene with a trained network.

    Parameters
    ----------
    photos, times_s, response, align, white, out
        As for :func:`merge`.
    model : path, str or None
        A model file, or ``SWEEP/VARIANT`` in the store; None uses the store's best for this number of
        photographs.
    store : path, str or None
        A folder, or ``s3://bucket/prefix``; None uses ``HDRBATCH_STORE``, or else ``hdrbatch-store``. It is
        not read if ``model`` is a file.

    Raises
    ------
    PhotoError
        As for :func:`merge`.
    SetUpError
        If torch is not installed.
    UserError
        If ``response`` is not a known curve, the model does not exist, or it needs more photographs than are
        given.

    Examples
    --------
    >>> result = hdrbatch.reconstruct("a.jpg", store="local-test/store")  # doctest: +SKIP
    >>> result.method  # doctest: +SKIP
    'local/ldr'
    """
    from hdrbatch.results.trained_models import fetch_model
    from hdrbatch.worker.requirements import check_requirements

    listed = _listed(photos, times_s)
    request = _request(listed, times_s, response, out, align=align, white=white)
    check_requirements({Kind.TRAIN_VARIANT})
    with tempfile.TemporaryDirectory(prefix="hdrbatch-") as folder:
        wanted = None if model is None else str(model)
        name, model_file = fetch_model(
            open_store(address_or_default(store)), wanted, len(listed), Path(folder)
        )

        import torch

        from hdrbatch.learning.model import load_model
        from hdrbatch.photographs.reconstruction import network_method, reconstruct_photos

        method = network_method(name, model_file)
        loaded = load_model(model_file, torch.device("cpu"))
    picture = reconstruct_photos(loaded, listed, times_s=times_s, response=response, align=align, white=white)
    return _written(picture, request, method, listed)


def _listed(photos: Photographs, times_s: Sequence[float] | None) -> tuple[Path, ...]:
    """List the photographs, and check their times before any is read."""
    named = [photos] if isinstance(photos, str | PathLike) else photos
    listed = listed_photographs([Path(path) for path in named])
    if times_s is not None:
        check_times(times_s, len(listed))
    return listed


def _request(
    photos: tuple[Path, ...],
    times_s: Sequence[float] | None,
    response: str,
    out: str | PathLike[str] | None,
    *,
    align: bool,
    white: int | None,
) -> HdrRequest | None:
    """Return the request for the output, checked before anything is read; None without ``out``."""
    if out is None:
        return None
    if Path(out).suffix.lower() != ".exr":
        raise PhotoError(f"out={out}: the result is an EXR file; name it {Path(out).with_suffix('.exr')}")
    times = None if times_s is None else tuple(map(float, times_s))
    request = HdrRequest(photos, Path(out), times_s=times, response=response, align=align, white=white)
    request.refuse_to_overwrite()
    return request


def _written(
    picture: HdrPicture, request: HdrRequest | None, method: Method, photos: tuple[Path, ...]
) -> Radiance:
    capture = picture.capture
    if request is not None:
        write_result(request, method, capture, picture.used, picture.radiance)
    return Radiance(
        radiance=picture.radiance,
        photos=photos,
        exposures_ev=tuple(float(np.log2(exposure)) for exposure in capture.exposures),
        used=picture.used,
        response=capture.curve.name,
        method=method.name,
        exposure=capture.reference.exposure,
        notes=capture.notes,
        warnings=capture.warnings,
    )

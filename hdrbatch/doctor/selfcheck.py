"""Checks of the place where tasks run, made there: inside the image, on the node.

    python -m hdrbatch.doctor.selfcheck KIND --store URL --device cpu --scratch DIR

Prints one finding per line, as JSON.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from hdrbatch.doctor.checks import check_store, run_check
from hdrbatch.errors import HdrbatchError
from hdrbatch.kinds import Kind
from hdrbatch.worker.registry import task_kind

SIDE = 16


def check_image(kind: Kind) -> str:
    """Check that this is the image for a kind of task."""
    expected, image = task_kind(kind).image, os.environ.get("HDRBATCH_IMAGE")
    if image is None:
        return f"no container; python {sys.version.split()[0]}"
    if image != expected:
        raise HdrbatchError(
            f"{kind} runs in the {expected} image, and this is the {image} image; "
            "check [container] in the cluster file"
        )
    return f"{image} image; python {sys.version.split()[0]}"


def check_rendering(scratch: Path) -> str:
    """Render a tiny picture."""
    from hdrbatch.blender.rendering import render_image
    from hdrbatch.blender.sampling import RenderSettings
    from hdrbatch.blender.session import blender_version
    from hdrbatch.scenes.build import build_scene

    build_scene("outdoor", 1)
    settings = RenderSettings(width=SIDE, height=SIDE, max_bounces=4, seed=0, num_threads=1)
    radiance = render_image(settings, 1, scratch)
    return f"Blender {blender_version()} renders (mean radiance {radiance.mean():.2g})"


def check_torch(device: str) -> str:
    """Compute something on the requested device."""
    import torch

    from hdrbatch.learning.device import named_device

    where = named_device(device)
    total = float(torch.ones(4, device=where).sum())
    name = torch.cuda.get_device_name(where) if where.type == "cuda" else "CPU"
    return f"torch {torch.__version__} computes on {name} ({total:g} of 4)"


def main() -> None:
    """Check and print."""
    parser = argparse.ArgumentParser(prog="hdrbatch.doctor.selfcheck")
    parser.add_argument("kind", type=Kind)
    parser.add_argument("--store", required=True)
    parser.add_argument("--expects", help="key of an object that must be in the store")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--scratch", required=True, type=Path)
    options = parser.parse_args()
    checks: list[tuple[str, Callable[[], str]]] = [
        ("image", lambda: check_image(options.kind)),
        ("store", lambda: check_store(options.store, options.expects)),
    ]
    if options.kind is Kind.RENDER_EXPOSURE:
        checks.append(("rendering", lambda: check_rendering(options.scratch)))
    if options.kind is Kind.TRAIN_VARIANT:
        checks.append(("torch", lambda: check_torch(options.device)))
    for subject, check in checks:
        print(run_check(subject, check).to_line(), flush=True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # Blender can hang in its own clean-up after a render.

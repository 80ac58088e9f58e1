"""The kinds of task that plans are made of."""

from enum import StrEnum


class Kind(StrEnum):
    """Kind of a task; the value is its name in plans, receipts, keys and commands."""

    RENDER_EXPOSURE = "render_exposure"
    ASSEMBLE_SCENE = "assemble_scene"
    INDEX_DATASET = "index_dataset"
    TRAIN_VARIANT = "train_variant"
    COMPARE_VARIANTS = "compare_variants"

"""The kinds of task that plans are made of."""

from enum import StrEnum


class Kind(StrEnum):
    """What a task does; its value names it in plans, receipts, keys and on the command line."""

    RENDER_EXPOSURE = "render_exposure"
    ASSEMBLE_SCENE = "assemble_scene"
    INDEX_DATASET = "index_dataset"
    TRAIN_VARIANT = "train_variant"
    COMPARE_VARIANTS = "compare_variants"

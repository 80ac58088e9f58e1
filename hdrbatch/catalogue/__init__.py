"""Catalogue of scenes, without Blender: families, seeds, splits, and statistics of their previews."""

"""Which scenes there are, without Blender: families, seeds, splits, and what previews showed of them."""

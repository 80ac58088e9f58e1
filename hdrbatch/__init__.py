"""hdrbatch: from Blender scenes to learned HDR imaging, as batch jobs or on a laptop."""

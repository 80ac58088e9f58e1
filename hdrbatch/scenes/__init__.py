"""Scenes in Blender: kit, props, families, user files, and their previews (bpy)."""

"""Scenes in Blender: the procedural families, users' own files, previews (bpy)."""

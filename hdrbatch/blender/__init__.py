"""Blender under control: session, Cycles settings, sampling, output (bpy)."""

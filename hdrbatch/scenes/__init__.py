"""The catalogue of scenes (pure Python) and the procedural families (bpy)."""

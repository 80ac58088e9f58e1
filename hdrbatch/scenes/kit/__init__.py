"""Scene parts: shapes, materials, lights, skies, a camera, seeds, and plans of places (bpy)."""

"""What scenes are made with: shapes, materials, lights, skies, a camera, seeds, and plans of places (bpy)."""

"""What scenes are made with: shapes, materials, lights, a camera, seeds, and the lie of the land (bpy)."""

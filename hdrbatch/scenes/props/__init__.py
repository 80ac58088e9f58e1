"""Things that stand in scenes, each module a kind of thing (bpy)."""

"""One module per kind of task; bpy and torch are imported only when a task runs."""

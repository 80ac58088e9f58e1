"""A script for Blender that makes .blend files as users have them: one with a script, one with a texture."""

MAKE = """
import os, sys
from pathlib import Path
import bpy
folder = Path(sys.argv[1])
bpy.ops.wm.read_factory_settings(use_empty=False)
scene = bpy.context.scene
scene.camera.name = "Front"
other = bpy.data.objects.new("Side", bpy.data.cameras.new("Side"))
other.location, other.rotation_euler = (7, 7, 5), (1.1, 0, 2.35)
scene.collection.objects.link(other)
scene.cycles.film_exposure, scene.view_settings.exposure = 3, 2
scene.render.use_border, scene.render.resolution_percentage = True, 10
marker = scene.timeline_markers.new("cut", frame=1)
marker.camera = scene.camera
text = bpy.data.texts.new("start.py")
text.write(f"open({str(folder / 'ran')!r}, 'w').write('x')")
text.use_module = True
driver = other.driver_add("location", 0).driver
driver.expression = f"__import__('os').system('touch {folder / 'ran'}') or 7.0"
bpy.ops.wm.save_as_mainfile(filepath=str(folder / "plain.blend"))
image = bpy.data.images.new("wood", 8, 8)
image.filepath_raw, image.file_format = str(folder / "wood.png"), "PNG"
image.save()
image.source, image.filepath = "FILE", "//wood.png"
material = bpy.data.materials.new("wood")
material.use_nodes = True
nodes = material.node_tree.nodes
texture = nodes.new("ShaderNodeTexImage")
texture.image = image
material.node_tree.links.new(texture.outputs[0], nodes["Principled BSDF"].inputs[0])
bpy.data.objects["Cube"].data.materials.append(material)
bpy.ops.wm.save_as_mainfile(filepath=str(folder / "textured.blend"))
sys.stdout.flush()
os._exit(0)
"""

# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
"""Images that a render needs, and those that it does not."""

import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.session import open_empty_scene
from hdrbatch.scenes.blendfile import problems_of_open_file, remove_missing_images
from hdrbatch.scenes.file_images import image_files, needed_images


@pytest.fixture
def scene(tmp_path):
    scene = open_empty_scene()
    mesh = bpy.data.meshes.new("thing")
    mesh.materials.append(bpy.data.materials.new("m"))
    mesh.materials[0].use_nodes = True
    scene.collection.objects.link(bpy.data.objects.new("thing", mesh))
    scene.collection.objects.link(bpy.data.objects.new("Cam", bpy.data.cameras.new("Cam")))
    scene.world = bpy.data.worlds.new("w")
    scene.world.use_nodes = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    return bpy.context.scene


@pytest.fixture
def image(scene):
    image = bpy.data.images.new("lost", 4, 4)
    image.source, image.filepath = "FILE", "//lost.png"
    return image


def texture(tree, image, kind="ShaderNodeTexImage"):
    node = tree.nodes.new(kind)
    node.image = image
    return node.outputs[0]


def in_the_material(scene, image):
    tree = bpy.data.materials["m"].node_tree
    tree.links.new(texture(tree, image), tree.nodes["Principled BSDF"].inputs[0])


def in_a_group(scene, image):
    group = bpy.data.node_groups.new("g", "ShaderNodeTree")
    group.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    group.links.new(texture(group, image), group.nodes.new("NodeGroupOutput").inputs[0])
    tree = bpy.data.materials["m"].node_tree
    node = tree.nodes.new("ShaderNodeGroup")
    node.node_tree = group
    tree.links.new(node.outputs[0], tree.nodes["Principled BSDF"].inputs[0])


def in_the_world(scene, image):
    tree = scene.world.node_tree
    colour = texture(tree, image, "ShaderNodeTexEnvironment")
    tree.links.new(colour, tree.nodes["Background"].inputs[0])


def in_a_lamp(scene, image):
    lamp = bpy.data.lights.new("l", "POINT")
    lamp.use_nodes = True
    lamp.node_tree.links.new(texture(lamp.node_tree, image), lamp.node_tree.nodes["Emission"].inputs[0])
    scene.collection.objects.link(bpy.data.objects.new("l", lamp))


def in_a_displacement(scene, image):
    shape = bpy.data.textures.new("t", "IMAGE")
    shape.image = image
    bpy.data.objects["thing"].modifiers.new("d", "DISPLACE").texture = shape


def in_an_instance(scene, image):
    collection = bpy.data.collections.new("c")
    mesh = bpy.data.meshes.new("other")
    mesh.materials.append(bpy.data.materials.new("n"))
    mesh.materials[0].use_nodes = True
    collection.objects.link(bpy.data.objects.new("other", mesh))
    tree = mesh.materials[0].node_tree
    tree.links.new(texture(tree, image), tree.nodes["Principled BSDF"].inputs[0])
    empty = bpy.data.objects.new("e", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", collection
    scene.collection.objects.link(empty)


def in_an_unlinked_node(scene, image):
    texture(bpy.data.materials["m"].node_tree, image)


def in_an_unused_material(scene, image):
    material = bpy.data.materials.new("unused")
    material.use_nodes = material.use_fake_user = True
    tree = material.node_tree
    tree.links.new(texture(tree, image), tree.nodes["Principled BSDF"].inputs[0])


def in_the_compositor(scene, image):
    scene.use_nodes = True
    scene.node_tree.nodes.new("CompositorNodeImage").image = image


def behind_the_camera_view(scene, image):
    bpy.data.cameras["Cam"].background_images.new().image = image


def in_a_reference(scene, image):
    empty = bpy.data.objects.new("ref", None)
    empty.empty_display_type, empty.data = "IMAGE", image
    scene.collection.objects.link(empty)


def in_another_scene(scene, image):
    other = bpy.data.scenes.new("other")
    other.world = bpy.data.worlds.new("v")
    other.world.use_nodes = True
    tree = other.world.node_tree
    tree.links.new(texture(tree, image, "ShaderNodeTexEnvironment"), tree.nodes["Background"].inputs[0])


def in_a_hidden_thing(scene, image):
    in_the_material(scene, image)
    bpy.data.objects["thing"].hide_render = True


def nowhere(scene, image):
    image.use_fake_user = True


@pytest.mark.parametrize(
    "use",
    [in_the_material, in_a_group, in_the_world, in_a_lamp, in_a_displacement, in_an_instance],
)
def test_an_image_that_a_render_needs_is_missed(scene, image, use):
    use(scene, image)
    assert image in needed_images(scene)
    assert problems_of_open_file() == ["missing texture(s) or other file(s): //lost.png"]


@pytest.mark.parametrize(
    "use",
    [
        in_an_unlinked_node, in_an_unused_material, in_the_compositor, behind_the_camera_view, in_a_reference,
        in_another_scene, in_a_hidden_thing, nowhere,
    ],
)  # fmt: skip
def test_an_image_that_no_render_needs_never_rejects_a_file(scene, image, use):
    use(scene, image)
    assert needed_images(scene) == set()
    assert problems_of_open_file() == []
    remove_missing_images()
    assert "lost" not in bpy.data.images
    bpy.ops.file.pack_all()


@pytest.mark.parametrize("token", ["<UDIM>", "<UVTILE>"])
def test_each_tile_of_a_udim_texture_is_looked_for(scene, image, tmp_path, token):
    in_the_material(scene, image)
    image.source = "TILED"
    for number in (1002, 1012):
        image.tiles.new(number)
    image.filepath = f"//brick.{token}.png"
    files = {name: path.name for name, path in image_files(image).items()}
    names = ["brick.1001.png", "brick.1002.png", "brick.1012.png"]
    if token == "<UVTILE>":
        names = ["brick.u1_v1.png", "brick.u2_v1.png", "brick.u2_v2.png"]
    assert files == {f"//{name}": name for name in names}
    for name in names[:2]:
        (tmp_path / name).touch()
    assert problems_of_open_file() == [f"missing texture(s) or other file(s): //{names[2]}"]
    (tmp_path / names[2]).touch()
    assert problems_of_open_file() == []

import csv

from hdrbatch.storage import keys


def test_files_are_the_stored_bytes_under_plain_names(export, shop, tmp_path):
    export("linear-exr")
    folder = tmp_path / "out/test/interior-9001"
    assert len(list(folder.iterdir())) == 12
    stored = shop.store.get_bytes
    assert (folder / "reference.exr").read_bytes() == stored(keys.reference("set", "interior-9001"))
    assert (folder / "scene.json").read_bytes() == stored(keys.scene_record("set", "interior-9001"))
    for ev in range(-5, 5):
        photo = stored(keys.photo("set", "interior-9001", ev))
        assert (folder / f"ev{ev:+d}.png").read_bytes() == photo


def test_the_index_tells_the_unit_of_every_file(export, index, tmp_path):
    export("linear-exr", ev=(-1.0, 2.0), split="train")
    with (tmp_path / "out/index.csv").open() as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    assert len(rows) == 2 * 4
    scene = index.scenes[1].scene
    assert float(rows[f"train/{scene.id}/reference.exr"]["to_ev0"]) == scene.anchor
    photo = rows[f"train/{scene.id}/ev+2.png"]
    assert (photo["kind"], photo["family"], photo["split"]) == ("photograph", scene.family, "train")
    assert (float(photo["ev"]), float(photo["to_ev0"])) == (2.0, 0.25)
    clipped = {exposure.ev: exposure.clipped_fraction for exposure in scene.exposures}
    assert float(photo["clipped_fraction"]) == clipped[2.0]

from hdrbatch.scenes.kit.seeds import part_rng


def test_every_part_of_every_scene_has_a_random_stream_of_its_own():
    streams = {
        part_rng(family, seed, part).random()
        for family in ("interior", "street")
        for seed in (0, 1, 11)
        for part in ("camera", "1camera", "sun")
    }
    assert len(streams) == 2 * 3 * 3
    assert part_rng("street", 0, "sun").random() == part_rng("street", 0, "sun").random()

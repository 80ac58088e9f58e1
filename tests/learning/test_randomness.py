import itertools

import torch

from hdrbatch.learning.randomness import Stream, numpy_generator, torch_generator

CPU = torch.device("cpu")
ASKED = list(itertools.product((0, 1, 2**40), (Stream.CROPS, Stream.DROPOUT), (0, 1, 60_000)))


def test_seed_stream_and_counter_each_decide_the_numbers() -> None:
    from_torch = {
        torch.rand(1, generator=torch_generator(*asked, device=CPU), dtype=torch.float64).item()
        for asked in ASKED
    }
    from_numpy = {numpy_generator(*asked).random() for asked in ASKED}

    assert len(from_torch) == len(from_numpy) == len(ASKED)


def test_the_same_counter_gives_the_same_numbers_again() -> None:
    first, again = (
        torch.rand(4, generator=torch_generator(3, Stream.CROPS, 7, device=CPU)) for _ in range(2)
    )

    assert torch.equal(first, again)
    assert numpy_generator(3, Stream.CROPS, 7).random() == numpy_generator(3, Stream.CROPS, 7).random()

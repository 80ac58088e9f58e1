"""The training loop, from top to bottom."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from hdrbatch.errors import InterruptedRunError, TrainingError
from hdrbatch.imaging.encoding import log_encode
from hdrbatch.imaging.response import parse_response
from hdrbatch.learning.checkpoint import Checkpoint, save_checkpoint
from hdrbatch.learning.data import BatchSource, TrainingScene
from hdrbatch.learning.device import named_device
from hdrbatch.learning.inputs import encoded_prediction, network_input, sensor_of
from hdrbatch.learning.journal import Journal
from hdrbatch.learning.loss import weighted_l1
from hdrbatch.learning.model import build_network, save_model
from hdrbatch.learning.randomness import Stream, torch_generator
from hdrbatch.learning.validation import validate
from hdrbatch.specs.training import TrainingSpec, VariantSpec

CHECKPOINTS = "checkpoints"
MODEL = "model.pt"


@dataclass(frozen=True)
class TrainingResult:
    """What a finished training leaves.

    Attributes
    ----------
    model_path, metrics_path : Path
        The model file and metrics.jsonl.
    num_parameters : int
        Weights and biases of the network.
    final_loss : float
        Loss of the last step.
    validation : dict
        As ``hdrbatch.learning.validation.validate`` gives it, at the end; empty without validation scenes.
    """

    model_path: Path
    metrics_path: Path
    num_parameters: int
    final_loss: float
    validation: dict[str, float]


def train(
    scenes: Sequence[TrainingScene],
    validation: Sequence[TrainingScene],
    variant: VariantSpec,
    directory: Path,
    *,
    device: str,
    num_threads: int | None,
    resume: Checkpoint | None,
    on_checkpoint: Callable[[Path], None],
    should_stop: Callable[[], bool],
    on_progress: Callable[[int, float], None],
) -> TrainingResult:
    """Train a variant and write its model, metrics and checkpoints under a directory.

    On a CPU with the same number of threads, a resumed training gives the weights and metrics.jsonl of an
    uninterrupted one to the bit.

    Parameters
    ----------
    scenes, validation : sequences of TrainingScene
        To learn from, and to validate on (may be empty); no scene should be in both.
    variant : VariantSpec
        Inputs, network, training and camera.
    directory : Path
        Gets model.pt, metrics.jsonl, tensorboard/ and checkpoints/.
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.
    num_threads : int or None
        Threads of torch on the CPU; None leaves torch's own choice.
    resume : Checkpoint or None
        Where to go on, from ``load_checkpoint``; None starts anew.
    on_checkpoint : callable
        Called with the manifest's path after each checkpoint.
    should_stop : callable
        Asked before each step; once it says True a checkpoint is written and the training ends.
    on_progress : callable
        Called with the step and its loss every ``log_every`` steps.

    Raises
    ------
    TrainingError
        When there are no scenes, when the loss is not finite, or when the checkpoint is of another variant.
    InterruptedRunError
        When ``should_stop`` said so.
    UserError
        When the device is not there.
    """
    spec = variant.training
    where = named_device(device)
    if num_threads is not None:
        torch.set_num_threads(num_threads)
    source = BatchSource(scenes, variant, where)
    curve, sensor = parse_response(variant.inputs.response), sensor_of(variant.camera)
    # On a CPU, convolutions take about an eighth less time with the channels last.
    network = build_network(variant).to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(network.parameters(), lr=spec.learning_rate)
    step, loss_value, lines = _starting_point(resume, variant, network, optimizer)
    journal = Journal(directory, lines=lines, step=step)

    def checkpoint() -> None:
        # The loss of a step is that before its update: what the last update broke shows in the weights alone.
        weight_sum = sum(parameter.abs().sum().item() for parameter in network.parameters())
        _refuse_not_finite("sum of the weights", weight_sum, step, learning_rate_at(step, spec))
        state = Checkpoint(
            step=step,
            loss=loss_value,
            variant=variant.model_dump(mode="json"),
            weights=network.state_dict(),
            optimizer=optimizer.state_dict(),
            metrics=journal.lines,
        )
        on_checkpoint(save_checkpoint(directory / CHECKPOINTS, state))

    network.train()
    while step < spec.steps:
        if should_stop():
            checkpoint()
            journal.close()
            raise InterruptedRunError(
                f"training stopped after step {step} of {spec.steps}: run the same command again to go on"
            )
        step += 1
        learning_rate = learning_rate_at(step, spec)
        _set_learning_rate(optimizer, learning_rate)

        batch = source.batch(step)
        given = network_input(batch.photos_bnchw, batch.exposures, variant.inputs.mode, curve, sensor)
        output = network(given.x_bchw, torch_generator(spec.seed, Stream.DROPOUT, step, device=where))
        encoded = encoded_prediction(output, given, variant.network.output)
        loss = weighted_l1(encoded, log_encode(batch.reference_bchw), given.gate_bchw, spec.clipped_weight)
        loss_value = loss.item()
        _refuse_not_finite("loss", loss_value, step, learning_rate)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

        if step % spec.log_every == 0 or step == spec.steps:
            journal.record(step, loss=loss_value, learning_rate=learning_rate)
            on_progress(step, loss_value)
        if validation and step % spec.validate_every == 0 and step < spec.steps:
            journal.record(step, **validate(network, validation, variant, where))
        if step % spec.checkpoint_every == 0 or step == spec.steps:
            checkpoint()

    validated = validate(network, validation, variant, where) if validation else {}
    if validated:
        journal.record(step, **validated)
    journal.close()
    save_model(directory / MODEL, network, variant)
    return TrainingResult(
        model_path=directory / MODEL,
        metrics_path=journal.path,
        num_parameters=num_parameters(network),
        final_loss=loss_value,
        validation=validated,
    )


def learning_rate_at(step: int, spec: TrainingSpec) -> float:
    """Return the learning rate of a step, counted from 1: multiplied by the decay factor every so many steps.

    >>> rates = [learning_rate_at(step, TrainingSpec()) for step in (1, 20_000, 20_001)]
    >>> [f"{rate:g}" for rate in rates]
    ['0.0001', '0.0001', '1e-05']
    """
    return spec.learning_rate * spec.decay_factor ** ((step - 1) // spec.decay_every)


def num_parameters(network: nn.Module) -> int:
    """Return the number of weights and biases."""
    return sum(parameter.numel() for parameter in network.parameters())


def _refuse_not_finite(what: str, value: float, step: int, learning_rate: float) -> None:
    if not math.isfinite(value):
        raise TrainingError(
            f"the {what} is {value} at step {step}: try a learning_rate below {learning_rate:g}, "
            "or look for references with extreme values"
        )


def _set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def _starting_point(
    resume: Checkpoint | None, variant: VariantSpec, network: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[int, float, str]:
    """Bring network and optimizer to a checkpoint; return its step, loss and lines of metrics."""
    if resume is None:
        return 0, math.nan, ""
    asked = variant.model_dump(mode="json")
    different = sorted(key for key in asked if asked[key] != resume.variant.get(key))
    if different:
        raise TrainingError(
            f"the checkpoint of step {resume.step} was made with other settings of {', '.join(different)}: "
            "remove the checkpoints to start anew, or go back to those settings"
        )
    network.load_state_dict(resume.weights)
    optimizer.load_state_dict(resume.optimizer)
    return resume.step, resume.loss, resume.metrics

"""The training loop, from top to bottom."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from hdrbatch.errors import InterruptedRunError, TrainingError
from hdrbatch.imaging.encoding import log_encode
from hdrbatch.learning.checkpoint import Best, Checkpoint, save_checkpoint
from hdrbatch.learning.compiler import check_compiler
from hdrbatch.learning.data import BatchSource, inverting_curve
from hdrbatch.learning.device import named_device
from hdrbatch.learning.inputs import encoded_prediction, network_input, sensor_of, trust_for
from hdrbatch.learning.journal import Journal
from hdrbatch.learning.loss import training_loss
from hdrbatch.learning.model import Network, build_network, save_model
from hdrbatch.learning.parallel import Rank, ranks
from hdrbatch.learning.photography import Batch
from hdrbatch.learning.randomness import Stream, torch_generator
from hdrbatch.learning.training_radiance import SceneSet
from hdrbatch.learning.validation import LOSS, validate
from hdrbatch.specs.variant import TrainingSpec, VariantSpec

CHECKPOINTS = "checkpoints"
MODEL = "model.pt"


@dataclass(frozen=True)
class TrainingResult:
    """Result of a completed training run.

    Attributes
    ----------
    model_path, metrics_path : Path
        The model file and metrics.jsonl.
    num_parameters : int
        Number of weights and biases of the network.
    best_step : int
        The step whose weights the model has: the best on the validation scenes, or the last without any.
    validation : dict
        Result of ``hdrbatch.learning.validation.validate`` at the end; empty without validation scenes.
    """

    model_path: Path
    metrics_path: Path
    num_parameters: int
    best_step: int
    validation: dict[str, float]


@dataclass(frozen=True)
class Reporting:
    """Callbacks of a training run.

    Attributes
    ----------
    on_checkpoint : callable
        Called with the manifest's path after each checkpoint.
    should_stop : callable
        Called before each step; once it returns True, a checkpoint is written and the training ends.
    on_progress : callable
        Called with the step and its loss every ``log_every`` steps.
    """

    on_checkpoint: Callable[[Path], None] = lambda _: None
    should_stop: Callable[[], bool] = lambda: False
    on_progress: Callable[[int, float], None] = lambda _step, _loss: None


def train(
    scenes: SceneSet,
    validation: SceneSet,
    variant: VariantSpec,
    directory: Path,
    *,
    device: str,
    num_threads: int | None,
    num_processes: int = 1,
    resume: Checkpoint | None,
    reporting: Reporting,
) -> TrainingResult:
    """Train a variant and write its model, metrics and checkpoints under a directory.

    On a CPU with the same number of threads, the weights and metrics.jsonl of a resumed training run match
    those of an uninterrupted one bit for bit. Several processes match a single one up to float rounding.

    Parameters
    ----------
    scenes, validation : SceneSet
        Scenes for training and for validation (may be empty); no scene should be in both.
    variant : VariantSpec
        Inputs, network, training and camera.
    directory : Path
        Output folder of model.pt, metrics.jsonl, tensorboard/ and checkpoints/.
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.
    num_threads : int or None
        Threads of torch on the CPU, of all processes together; None uses torch's default.
    num_processes : int
        Number of processes that share every batch; on GPUs each process has its own.
    resume : Checkpoint or None
        Checkpoint from ``load_checkpoint`` to resume from; None starts from scratch.
    reporting : Reporting
        Callbacks.

    Raises
    ------
    TrainingError
        If there are no scenes, if the loss is not finite, if memory runs out, or if the checkpoint is of
        another variant.
    InterruptedRunError
        If ``should_stop`` returned True.
    UserError
        If the device is not available, or the variant is to be compiled and there is no compiler.
    """
    where = named_device(device)
    if variant.training.compile:
        check_compiler(where.type)
    if num_threads is not None:
        torch.set_num_threads(num_threads)
    if resume is not None:
        _refuse_other_variant(resume, variant)
    directory.mkdir(parents=True, exist_ok=True)
    meeting_point = directory / "meeting-point"
    meeting_point.unlink(missing_ok=True)
    arguments = (scenes, variant, resume)
    with (
        ranks(num_processes, where, meeting_point, _follow, arguments) as rank,
        _explain_out_of_memory(variant),
    ):
        return _lead(rank, scenes, validation, variant, directory, resume, reporting)


class Training:
    """One process's network, optimiser and share of the data; every process takes the same steps."""

    def __init__(self, rank: Rank, scenes: SceneSet, variant: VariantSpec, resume: Checkpoint | None) -> None:
        self.rank, self.variant, self.spec = rank, variant, variant.training
        self.source = BatchSource(scenes, variant, rank.device, rank=rank.number, num_processes=rank.count)
        self.sensor = sensor_of(variant.camera)
        # On a CPU, convolutions take about an eighth less time with the channels last.
        self.network: Network = build_network(variant).to(rank.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=self.spec.learning_rate)
        if resume is not None:
            self.network.load_state_dict(resume.weights)
            self.optimizer.load_state_dict(resume.optimizer)
        computed: nn.Module = torch.compile(self.network) if self.spec.compile else self.network  # type: ignore[assignment]
        self.computed = DistributedDataParallel(computed) if rank.count > 1 else computed

    def step(self, step: int) -> Tensor:
        """Take one step; return the loss of its whole batch, on the device."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate_at(step, self.spec)
        loss = self.loss(self.source.batch(step), step)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return self.rank.mean(loss.detach())

    def loss(self, batch: Batch, step: int) -> Tensor:
        """Return the loss of this process's share of a batch."""
        inputs, network, spec = self.variant.inputs, self.variant.network, self.spec
        curve = inverting_curve(inputs, batch.curve)
        given = network_input(
            batch.photos_bnchw,
            batch.exposures_bn,
            inputs,
            network,
            curve,
            self.sensor,
            trust_for(self.variant.camera),
        )
        use_bf16 = spec.precision == "bf16"
        with torch.autocast(self.rank.device.type, dtype=torch.bfloat16, enabled=use_bf16):
            output = self.computed(given.photos_bnkhw, given.together_bkhw, self._dropout(step))
        encoded = encoded_prediction(output.float(), given, network)
        target = log_encode(batch.reference_bchw)
        return training_loss(encoded, target, given.gate_bchw, spec, batch.ev0_per_unit_b111)

    def _dropout(self, step: int) -> list[torch.Generator] | None:
        """Return a generator for each item of this process's share, or None without dropout."""
        if not self.variant.network.dropout:
            return None
        share = self.spec.batch // self.rank.count
        first = step * self.spec.batch + self.rank.number * share
        return [
            torch_generator(self.spec.seed, Stream.DROPOUT, first + item, device=self.rank.device)
            for item in range(share)
        ]


def _follow(rank: Rank, scenes: SceneSet, variant: VariantSpec, resume: Checkpoint | None) -> None:
    """Run the loop of every other rank: the same steps, without logging."""
    training = Training(rank, scenes, variant, resume)
    step = resume.step if resume is not None else 0
    while step < variant.training.steps and not rank.stop_requested():
        step += 1
        training.step(step)


def _lead(
    rank: Rank,
    scenes: SceneSet,
    validation: SceneSet,
    variant: VariantSpec,
    directory: Path,
    resume: Checkpoint | None,
    reporting: Reporting,
) -> TrainingResult:
    """Run the loop of rank 0."""
    spec = variant.training
    training = Training(rank, scenes, variant, resume)
    network = training.network
    step, loss_value, best, lines = 0, math.nan, None, ""
    if resume is not None:
        step, loss_value, best, lines = resume.step, resume.loss, resume.best, resume.metrics
    journal = Journal(directory, lines=lines, step=step)

    def checkpoint() -> None:
        # A step's loss is computed before its update, so damage by the last update shows only in the weights.
        weight_sum = sum(parameter.abs().sum() for parameter in network.parameters())
        assert isinstance(weight_sum, Tensor)
        _refuse_not_finite("sum of the weights", weight_sum.item(), step, spec)
        state = Checkpoint(
            step=step,
            loss=loss_value,
            variant=variant.model_dump(mode="json"),
            weights=network.state_dict(),
            optimizer=training.optimizer.state_dict(),
            metrics=journal.lines,
            best=best,
        )
        reporting.on_checkpoint(save_checkpoint(directory / CHECKPOINTS, state))

    validated: dict[str, float] = {}
    network.train()
    try:
        while step < spec.steps:
            if rank.stop_requested(reporting.should_stop):
                checkpoint()
                raise InterruptedRunError(
                    f"training stopped after step {step} of {spec.steps}; rerun the same command to resume"
                )
            step += 1
            last = step == spec.steps
            loss = training.step(step)

            if step % spec.log_every == 0 or last:
                # Only here does the CPU wait for a GPU.
                loss_value = loss.item()
                _refuse_not_finite("loss", loss_value, step, spec)
                journal.record(step, loss=loss_value, learning_rate=learning_rate_at(step, spec))
                reporting.on_progress(step, loss_value)
            if len(validation) and (step % spec.validate_every == 0 or last):
                validated = validate(network, validation, variant, rank.device)
                _refuse_not_finite("validation loss", validated[LOSS], step, spec)
                journal.record(step, **validated)
                best = _better(best, step, validated[LOSS], network)
            if step % spec.checkpoint_every == 0 or last:
                checkpoint()
    finally:
        journal.close()
    if best is not None:
        network.load_state_dict(best.weights)
    save_model(directory / MODEL, network, variant, scenes.median_side)
    return TrainingResult(
        model_path=directory / MODEL,
        metrics_path=journal.path,
        num_parameters=num_parameters(network),
        best_step=best.step if best is not None else step,
        validation=validated,
    )


def learning_rate_at(step: int, spec: TrainingSpec) -> float:
    """Return the learning rate of a step, counted from 1.

    >>> rates = [learning_rate_at(step, TrainingSpec()) for step in (1, 20_000, 20_001)]
    >>> [f"{rate:g}" for rate in rates]
    ['0.0001', '0.0001', '1e-05']
    >>> learning_rate_at(30_000, TrainingSpec(schedule="cosine"))
    5e-05
    """
    if spec.schedule == "cosine":
        return round(spec.learning_rate * (1 + math.cos(math.pi * step / spec.steps)) / 2, 12)
    return spec.learning_rate * spec.decay_factor ** ((step - 1) // spec.decay_every)


def num_parameters(network: nn.Module) -> int:
    """Return the number of weights and biases."""
    return sum(parameter.numel() for parameter in network.parameters())


def _better(best: Best | None, step: int, loss: float, network: nn.Module) -> Best:
    if best is not None and best.loss <= loss:
        return best
    return Best(step, loss, {name: value.detach().clone() for name, value in network.state_dict().items()})


def _refuse_not_finite(what: str, value: float, step: int, spec: TrainingSpec) -> None:
    if not math.isfinite(value):
        raise TrainingError(
            f"the {what} is {value} at step {step}; try a learning_rate below "
            f"{learning_rate_at(step, spec):g}, or look for references with extreme values"
        )


def _refuse_other_variant(resume: Checkpoint, variant: VariantSpec) -> None:
    requested = variant.model_dump(mode="json")
    different = sorted(key for key in requested if requested[key] != resume.variant.get(key))
    if different:
        raise TrainingError(
            f"the checkpoint of step {resume.step} was made with other settings of {', '.join(different)}; "
            "delete the checkpoints to start from scratch, or restore those settings"
        )


@contextmanager
def _explain_out_of_memory(variant: VariantSpec) -> Iterator[None]:
    """Raise TrainingError with the settings to lower if memory runs out."""
    try:
        yield
    except (torch.OutOfMemoryError, RuntimeError) as error:
        if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
            raise
        spec = variant.training
        raise TrainingError(
            f"not enough memory for batches of {spec.batch} crops of {spec.crop} pixels at width "
            f"{variant.network.width}; lower training.batch, training.crop or network.width, "
            "or use a larger machine"
        ) from error

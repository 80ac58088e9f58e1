"""What a person reads on the console, as golden texts.

Commands run in this process, in a folder of their own. Ids are replaced by others of the same
width, since tables are laid out by them.
"""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from hdrbatch.catalogue.examined import Preview
from hdrbatch.cli import previews
from hdrbatch.cli.app import main
from hdrbatch.doctor import diagnosis
from hdrbatch.doctor.checks import Finding
from hdrbatch.errors import RenderError
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.records.scores import NETWORK, EvaluationRecord, SceneScores, Scores
from hdrbatch.storage import keys
from hdrbatch.storage.folder import FolderStore
from hdrbatch.submit import progress as progress_module
from hdrbatch.submit.failures import FailureNotes
from hdrbatch.submit.progress import Progress
from hdrbatch.submit.slurm import arrays
from hdrbatch.submit.slurm.arrays import SubmissionRequest, submit_plan
from hdrbatch.worker.outcome import Outcome
from tests.cli.test_sweep import SWEEP
from tests.conftest import TINY_JOB
from tests.golden import assert_golden
from tests.report.conftest import Shop
from tests.submit.fake_slurm.cluster import FakeSlurm
from tests.submit.fake_slurm.plans import finish, indices, rendering, slurm_cluster

pytestmark = pytest.mark.golden
GOLDEN = Path(__file__).parent / "golden"
CLUSTER = 'scheduler = "local"\nworkers = 2\nthreads_per_task = 1\n'
SCENES = """\
dataset: few
scenes: {train: ["street:1:both", "still_life:2", "street:123456"], test: ["interior:9001"]}
"""
Say = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands run in: job, sweep and cluster files of fixed names."""
    monkeypatch.chdir(tmp_path)
    # A folder's name may be longer than a line is.
    monkeypatch.setattr(FolderStore, "url", property(lambda store: f"/FOLDER/{store.root.name}"))
    for name in ("HDRBATCH_CLUSTER", "HDRBATCH_STORE", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    files = {"job.yaml": TINY_JOB, "scenes.yaml": SCENES, "sweep.yaml": SWEEP, "here.toml": CLUSTER}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def store(folder: Path) -> FolderStore:
    return FolderStore(folder / "store")


@pytest.fixture
def say(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """What a command prints, and how it ends: ``say("status", columns=40)``."""

    def say(*words: str, columns: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr("sys.argv", ["hdrbatch", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        command = f"$ hdrbatch {' '.join(words)}\n"
        return f"{command}{normalised(said.out + said.err, folder)}exit code {ended.value.code or 0}\n"

    return say


def normalised(text: str, folder: Path) -> str:
    """Without what differs from run to run, or with every change of code."""
    text = re.sub(r"100% \d:\d\d:\d\d", "100% 0:00:00", text.replace(str(folder), "/FOLDER"))
    text = re.sub(r"digest [0-9a-f]{12}", "digest 0123456789ab", text)
    text = re.sub(r"\b((?:render|sweep|many|mixed)-(?:\w+-)?)[0-9a-f]{10}\b", r"\g<1>0123456789", text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def golden(name: str, *texts: str) -> None:
    assert_golden("\n".join(texts), GOLDEN / f"{name}.txt")


# --- before anything runs


@pytest.mark.parametrize("columns", [80, 40])
def test_a_dry_run_of_a_render(say: Say, store: FolderStore, columns: int) -> None:
    words = ("render", "job.yaml", "--dry-run", "--store", "store", "--cluster", "here.toml")
    golden(f"render-dry-run-{columns}", say(*words, columns=columns))


def test_a_dry_run_of_a_render_that_replaces_results(say: Say, store: FolderStore, folder: Path) -> None:
    words = ("render", "job.yaml", "--dry-run", "--store", "store", "--cluster", "here.toml")
    plan = rendering(2, ev=(-1.0, 0.0))
    finish(store, plan.tasks())
    (folder / "job.yaml").write_text(TINY_JOB.replace("test: [", 'test: ["outdoor:2", '))
    golden("render-dry-run-replaces", say(*words))


@pytest.mark.parametrize("columns", [80, 40])
def test_a_dry_run_of_a_sweep(say: Say, store: FolderStore, columns: int) -> None:
    words = ("sweep", "sweep.yaml", "--dry-run", "--store", "store", "--cluster", "here.toml")
    golden(f"sweep-dry-run-{columns}", say(*words, columns=columns))


def test_the_keys_of_a_sweep(say: Say) -> None:
    golden("sweep-keys", say("sweep", "--keys"))


@pytest.mark.parametrize("columns", [80, 40])
def test_a_list_of_scenes(say: Say, columns: int) -> None:
    golden(f"scenes-list-{columns}", say("scenes", "list", "scenes.yaml", columns=columns))


def test_a_scene_and_its_tasks(say: Say) -> None:
    golden("scenes-show", say("scenes", "show", "street-0001", "scenes.yaml"))


def test_a_summary_of_previews(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(scenes, folder, size, num_processes):
        for number, scene in enumerate(scenes):
            preview = Preview(scene.family, scene.seed, 6.5 + number, 9.0, 0.05 + number / 50, 0.004, 0.3)
            yield scene, "Blender ran out of memory" if number == 3 else preview

    monkeypatch.setattr(previews, "make_previews", made)
    monkeypatch.setattr("hdrbatch.cli.scenes._write_sheets", lambda out, found: None)
    golden("scenes-preview", say("scenes", "preview", "scenes.yaml"))


# --- what became of a plan


@pytest.fixture
def fake_slurm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSlurm:
    fake = FakeSlurm(folder / "slurm")
    for name, value in fake.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(arrays, "RETRY_DELAYS_S", (0.0, 0.0))
    return fake


def test_the_status_of_a_store_without_plans_and_of_one_that_is_done(say: Say, store: FolderStore) -> None:
    empty = say("status", "--store", "store")
    plan = indices(2)
    save_plan(store, plan)
    finish(store, plan.tasks())
    golden("status-done", empty, say("status", "--store", "store"))


@pytest.mark.parametrize("columns", [80, 40])
def test_the_status_of_a_plan_in_the_queue(
    say: Say, store: FolderStore, folder: Path, fake_slurm: FakeSlurm, columns: int
) -> None:
    plan = rendering(5)
    save_plan(store, plan)
    tasks = list(plan.tasks())
    renders, *_ = submit_plan(
        plan, store, slurm_cluster(folder / "logs"), set(), SubmissionRequest(range(len(tasks)))
    )
    finish(store, tasks[:1])
    words = ["COMPLETED", "RUNNING", "PENDING", "NODE_FAIL", "OUT_OF_MEMORY"]
    fake_slurm.set_states(renders.job, words)
    golden(f"status-queued-{columns}", say("status", "--store", "store", columns=columns))


def test_the_status_of_a_plan_that_failed_and_its_retry_and_end(
    say: Say, store: FolderStore, folder: Path, fake_slurm: FakeSlurm
) -> None:
    plan = indices(13)
    save_plan(store, plan)
    never = say("status", "--store", "store")
    (array,) = submit_plan(plan, store, slurm_cluster(folder / "logs"), set(), SubmissionRequest(range(13)))
    finish(store, list(plan.tasks())[:1])
    FailureNotes(store, plan.id, array.job).note(list(plan.tasks())[1], Outcome.of(RenderError("all black")))
    fake_slurm.set_states(array.job, "TIMEOUT", in_queue=False)
    failed = say("status", "--store", "store")
    (folder / "slurm.toml").write_text(f'scheduler = "slurm"\nfolder = "{folder}/logs"\n')
    retried = say("retry", "--store", "store", "--cluster", "slurm.toml")
    cancelled = say("cancel", "--store", "store")
    golden("status-failed", never, failed, retried, cancelled, say("cancel", "--store", "store"))


def test_a_retry_of_what_is_done_and_of_one_plan_of_two(say: Say, store: FolderStore) -> None:
    plan = indices(1)
    save_plan(store, plan)
    finish(store, plan.tasks())
    nothing = say("retry", "--store", "store", "--cluster", "here.toml")
    save_plan(store, indices(2))
    golden("retry", nothing, say("retry", "--store", "store", "--cluster", "here.toml"))


# --- what a store holds


@pytest.mark.parametrize("columns", [80, 40])
def test_a_dataset(say: Say, folder: Path, columns: int) -> None:
    Shop(folder).add_dataset("local", num_train=3, num_test=2)
    golden(f"dataset-show-{columns}", say("dataset", "show", "local", "--store", "store", columns=columns))


@pytest.mark.parametrize("columns", [80, 40])
def test_models(say: Say, folder: Path, columns: int) -> None:
    shop = Shop(folder)
    shop.add_sweep("ablations", "full")
    scores = SceneScores(scene="one", method=NETWORK, scores=Scores(pu21_psnr=31.25))
    record = EvaluationRecord(
        variant="ldr",
        dataset="full",
        metric_settings="m",
        input_ev=(-2.0, 0.0, 2.0),
        any_bracket=True,
        scenes=(scores,),
    )
    shop.put_again("train_variant", "ablations/ldr", keys.evaluation("ablations", "ldr"), record.to_bytes())
    golden(f"models-{columns}", say("models", "--store", "store", columns=columns))


def test_a_store_without_models(say: Say) -> None:
    golden("models-none", say("models", "--store", "store"))


# --- doctor and progress


def test_findings_of_doctor(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    findings = [
        Finding("python", is_good=True, text="3.11.7, 2 cores for this process"),
        Finding("store", is_good=False, text="cannot write; give a writable folder with --store"),
    ]
    monkeypatch.setattr(diagnosis, "diagnose", lambda store, cluster: iter(findings))
    golden("doctor", say("doctor", "--cluster", "here.toml", "--store", "store"))


class Clock:
    """Seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress_module, "time", clock)
    return clock


def events(progress: Progress, clock: Clock, look: Callable[[], None]) -> None:
    """A run with all that can happen in one."""
    plan = rendering(6)
    renders, assemblies, _ = plan.stages
    with progress.running(plan, {renders.tasks[0].ref}):
        look()
        for task in renders.tasks[1:5]:
            progress.started(task)
            clock.now_s += 4.0
            progress.report(task, "40 of 256 samples")
            look()
            progress.finished(task)
        progress.message("the store answers again")
        progress.started(renders.tasks[5])
        progress.requeued(renders.tasks[5])
        progress.started(renders.tasks[5])
        clock.now_s += 11.0
        progress.failed(renders.tasks[5], "failed with exit code 1", ["a line", "RenderError: all black"])
        progress.blocked(assemblies.tasks[5], [renders.tasks[5].ref] * 4)
        for task in assemblies.tasks[:3]:
            progress.started(task)
        look()


@pytest.mark.parametrize("columns", [80, 40])
def test_progress_on_a_plain_stream(clock: Clock, columns: int) -> None:
    written = io.StringIO()
    events(Progress(Console(file=written, width=columns)), clock, lambda: None)
    golden(f"progress-plain-{columns}", written.getvalue())


@pytest.mark.parametrize("columns", [80, 120])
def test_progress_on_a_terminal(clock: Clock, columns: int) -> None:
    terminal = Console(
        file=io.StringIO(), width=columns, force_terminal=True, get_time=clock.monotonic, color_system=None
    )
    progress = Progress(terminal)
    frames = Console(file=io.StringIO(), width=columns)
    events(progress, clock, lambda: frames.print(progress._bars.get_renderable(), "", sep="\n"))
    golden(f"progress-terminal-{columns}", frames.file.getvalue())


def test_every_golden_text_is_tested() -> None:
    named = set(re.findall(r'golden\(f?"([\w-]+?)-?(?:\{columns\})?"', Path(__file__).read_text()))
    assert {re.sub(r"-\d+$", "", file.stem) for file in GOLDEN.iterdir()} == named

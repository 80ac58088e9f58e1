"""Every key in the store, in one place."""

DATASETS = "datasets/"
SWEEPS = "sweeps/"
PLANS = "plans/"
RECEIPTS = "receipts/"
PROGRESS = "progress/"
LOGS = "logs/"
SUBMISSIONS = "submissions/"
FAILURES = "failures/"
USER_FILES = "inputs/"
LEASES = "leases/"

TOP_FOLDERS = (DATASETS, SWEEPS, PLANS, RECEIPTS, PROGRESS, LOGS, SUBMISSIONS, FAILURES, USER_FILES)
"""All prefixes of keys: a store has no objects elsewhere."""


def ev_name(ev: float) -> str:
    """Return the name of an exposure in keys and ids.

    >>> ev_name(-5.0), ev_name(0.0), ev_name(1.5)
    ('ev-5', 'ev+0', 'ev+1.5')
    """
    return f"ev{ev + 0.0:+g}"


def ev_of_name(name: str) -> float:
    """Parse a name made by `ev_name`; raise ValueError if it is not one.

    >>> ev_of_name("ev+1.5")
    1.5
    """
    if not name.startswith("ev"):
        raise ValueError(f"{name!r} is not the name of an exposure")
    return float(name.removeprefix("ev"))


STEP_PREFIX = "step"
"""First word of the progress lines in a training run's log."""


def scene_folder(dataset: str, scene: str) -> str:
    """Folder of one scene."""
    return f"{DATASETS}{dataset}/scenes/{scene}/"


def exposure(dataset: str, scene: str, ev: float) -> str:
    """Radiance from one exposure's samples (EXR)."""
    return f"{scene_folder(dataset, scene)}exposures/{ev_name(ev)}.exr"


def sharp(dataset: str, scene: str, ev: float) -> str:
    """One exposure's share of a moving scene's reference: radiance at the reference moment (EXR)."""
    return f"{scene_folder(dataset, scene)}sharp/{ev_name(ev)}.exr"


def guide(dataset: str, scene: str, name: str) -> str:
    """Auxiliary picture for the denoiser of the reference: albedo or normal (EXR)."""
    return f"{scene_folder(dataset, scene)}guides/{name}.exr"


def photo(dataset: str, scene: str, ev: float) -> str:
    """The photograph at one EV (PNG with EXIF)."""
    return f"{scene_folder(dataset, scene)}photos/{ev_name(ev)}.png"


def reference(dataset: str, scene: str) -> str:
    """Ground-truth radiance (EXR)."""
    return f"{scene_folder(dataset, scene)}reference.exr"


def scene_record(dataset: str, scene: str) -> str:
    """Description, camera, anchor and statistics (JSON)."""
    return f"{scene_folder(dataset, scene)}scene.json"


def scene_description(dataset: str, scene: str) -> str:
    """Description of the scene by its family, written by its first exposure's task (JSON)."""
    return f"{scene_folder(dataset, scene)}description.json"


def user_file(sha256: str, suffix: str) -> str:
    """A user's file that scenes are built from, named by its content."""
    return f"{USER_FILES}{sha256}{suffix}"


def dataset_index(dataset: str) -> str:
    """Index of a dataset (JSON)."""
    return f"{DATASETS}{dataset}/dataset.json"


def variant_folder(sweep: str, variant: str) -> str:
    """Folder of one variant."""
    return f"{SWEEPS}{sweep}/{variant}/"


def model(sweep: str, variant: str) -> str:
    """The trained network (torch file)."""
    return f"{variant_folder(sweep, variant)}checkpoints/model.pt"


def variant_config(sweep: str, variant: str) -> str:
    """Settings of the training run, with the number of parameters (JSON)."""
    return f"{variant_folder(sweep, variant)}config.json"


def evaluation(sweep: str, variant: str) -> str:
    """Scores on the test scenes (JSON)."""
    return f"{variant_folder(sweep, variant)}evaluation.json"


def per_scene_scores(sweep: str, variant: str) -> str:
    """Scores on the test scenes, scene by scene (CSV)."""
    return f"{variant_folder(sweep, variant)}per_scene.csv"


def metrics(sweep: str, variant: str) -> str:
    """Training curves (JSON lines)."""
    return f"{variant_folder(sweep, variant)}metrics.jsonl"


def tensorboard_events(sweep: str, variant: str, name: str) -> str:
    """One TensorBoard file of a training run."""
    return f"{variant_folder(sweep, variant)}tensorboard/{name}"


def previews_folder(sweep: str, variant: str) -> str:
    """Pictures of the test scenes: input, prediction, reference (PNG)."""
    return f"{variant_folder(sweep, variant)}previews/"


def checkpoints_folder(sweep: str, variant: str, digest: str) -> str:
    """Folder of a training run's checkpoints; the digest separates configurations."""
    return f"{variant_folder(sweep, variant)}checkpoints/{digest[:12]}/"


def progress(kind: str, task_id: str, digest: str, part: str = "") -> str:
    """Saved progress of an unfinished task (of a render: the sum of its samples so far)."""
    return f"{PROGRESS}{kind}/{task_id}@{digest}{part and '.' + part}"


def comparison(sweep: str) -> str:
    """Comparison of a sweep's variants (JSON)."""
    return f"{SWEEPS}{sweep}/comparison.json"


def plan(plan_id: str) -> str:
    """A submitted plan (JSON)."""
    return f"{PLANS}{plan_id}.json"


def receipts_of_kind(kind: str) -> str:
    """Prefix of all receipts of a kind."""
    return f"{RECEIPTS}{kind}/"


def receipts_of_task(kind: str, task_id: str) -> str:
    """Prefix of a task's receipts, whatever their digest."""
    return f"{RECEIPTS}{kind}/{task_id}@"


def receipt(kind: str, task_id: str, digest: str) -> str:
    """The receipt of one result (JSON)."""
    return f"{receipts_of_task(kind, task_id)}{digest}.json"


def logs(plan_id: str) -> str:
    """Prefix of a plan's logs."""
    return f"{LOGS}{plan_id}/"


def log(plan_id: str, kind: str, task_id: str) -> str:
    """Output of a task's last run under a plan (text)."""
    return f"{LOGS}{plan_id}/{kind}/{task_id}.log"


def submissions(plan_id: str) -> str:
    """Prefix of a plan's submissions."""
    return f"{SUBMISSIONS}{plan_id}/"


def failures(plan_id: str) -> str:
    """Prefix of a plan's failures."""
    return f"{FAILURES}{plan_id}/"


def failures_of_task(plan_id: str, kind: str, task_id: str) -> str:
    """Prefix of a task's failures under a plan."""
    return f"{failures(plan_id)}{kind}/{task_id}@"


def leases(name: str) -> str:
    """Prefix of the tickets for a lease on a dataset, a sweep or a task's publication."""
    return f"{LEASES}{name}/"

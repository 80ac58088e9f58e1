"""Expansion of a sweep: variants applied to the base, deduplicated, and repeated with further seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from hdrbatch.specs.overrides import Draft, Location
from hdrbatch.specs.variant import VariantSpec

MAX_NAME_LENGTH = 63
"""Maximum length in characters, as in ``hdrbatch.specs.render_job.Name``."""
SEED = "training.seed"


@dataclass(frozen=True)
class Trainings:
    """Training runs of a sweep.

    Attributes
    ----------
    variants : dict
        Every variant to train, by name; repeats with other seeds directly follow what they repeat.
    groups : dict
        Names of each group's variants, in its order, without repeats. A variant may be in several groups.
    repeats : dict
        The variant that each repeat trains with another seed, by name of the repeat.
    aliases : dict
        Names with the settings of another variant, and that variant, which is trained once for both.
    """

    variants: dict[str, VariantSpec]
    groups: dict[str, tuple[str, ...]]
    repeats: dict[str, str]
    aliases: dict[str, str]


def expand(base: VariantSpec, drafts: Sequence[Draft], seeds: int) -> Trainings:
    """Apply drafts to a base.

    Raises
    ------
    ValidationError
        If keys do not exist or values are not valid, with all of them; or else if names are taken or too
        long; or else if repeats equal another variant.
    """
    resolved = _resolve_all(drafts, base)
    _check_names(drafts, seeds)
    specs = {draft.name: spec for draft, spec in zip(drafts, resolved, strict=True)}
    first_of: dict[str, str] = {}
    trained = {name: first_of.setdefault(_fingerprint(spec), name) for name, spec in specs.items()}
    variants: dict[str, VariantSpec] = {}
    repeats: dict[str, str] = {}
    for name in first_of.values():
        variants[name] = specs[name]
        for number in range(1, seeds):
            repeat = _repeat(name, number)
            variants[repeat] = _with_seed(specs[name], number)
            repeats[repeat] = name
    _check_repeats(drafts, variants, repeats)
    groups: dict[str, tuple[str, ...]] = {}
    for draft in drafts:
        members = groups.get(draft.group, ()) if draft.group else ()
        if draft.group and trained[draft.name] not in members:
            groups[draft.group] = (*members, trained[draft.name])
    aliases = {name: other for name, other in trained.items() if name != other}
    return Trainings(variants, groups, repeats, aliases)


def _resolve_all(drafts: Sequence[Draft], base: VariantSpec) -> list[VariantSpec]:
    specs: list[VariantSpec] = []
    problems: dict[tuple[object, str], InitErrorDetails] = {}
    for draft in drafts:
        try:
            specs.append(draft.resolve(base))
        except ValidationError as error:
            for detail in error.errors():
                # A mistake in a group's `set` is in all its variants, but is reported once.
                problem = draft.problem(detail["msg"], detail["loc"], detail["input"])
                problems.setdefault((detail["loc"], repr(detail["input"])), problem)
    if problems:
        raise ValidationError.from_exception_data("SweepSpec", list(problems.values()))
    return specs


def _check_names(drafts: Sequence[Draft], seeds: int) -> None:
    problems: list[InitErrorDetails] = []
    taken: set[str] = set()
    for draft in drafts:
        names = [_repeat(draft.name, number) for number in range(seeds)]
        group = f"group {draft.group}: " if draft.group else ""
        remedy = "write it under variants with its own name"
        if len(names[-1]) > MAX_NAME_LENGTH:
            problems.append(
                draft.problem(
                    f"{group}the variant's name {names[-1]!r} has {len(names[-1])} characters, at most "
                    f"{MAX_NAME_LENGTH} are allowed; {remedy}, or give the group a shorter one"
                )
            )
        elif again := taken.intersection(names):
            problems.append(
                draft.problem(
                    f"{group}the name {min(again)!r} is used for two variants; {remedy}, or remove one"
                )
            )
        taken.update(names)
    if problems:
        raise ValidationError.from_exception_data("SweepSpec", problems)


def _check_repeats(
    drafts: Sequence[Draft], variants: Mapping[str, VariantSpec], repeats: Mapping[str, str]
) -> None:
    """Reject repeats that equal another variant, because its own seed is one that ``seeds`` counts up to."""
    problems: dict[Location, InitErrorDetails] = {}
    known: dict[str, str] = {}
    drafted = {draft.name: draft for draft in drafts}
    for name, spec in variants.items():
        other = known.setdefault(_fingerprint(spec), name)
        if other == name:
            continue
        both = [drafted[repeats.get(each, each)] for each in (other, name)]
        # Two variants that both use the base's seed cannot collide: at least one sets its own.
        draft = next(draft for draft in both if SEED in draft.overrides)
        location = draft.overrides[SEED].location
        message = (
            f"{other} and {name} would be the same training run, with {SEED} {spec.training.seed}; "
            f"remove seeds, or the values of {SEED}"
        )
        problems.setdefault(location, draft.problem(message, location))
    if problems:
        raise ValidationError.from_exception_data("SweepSpec", list(problems.values()))


def _repeat(name: str, number: int) -> str:
    return f"{name}-seed{number}" if number else name


def _with_seed(spec: VariantSpec, number: int) -> VariantSpec:
    training = spec.training.model_copy(update={"seed": spec.training.seed + number})
    return spec.model_copy(update={"training": training})


def _fingerprint(spec: VariantSpec) -> str:
    """Return a text that is equal for specs that train alike; settings without effect are omitted."""
    exclude: dict[str, set[str]] = {"network": set(), "training": set(), "inputs": {"ev"}}
    if spec.network.dropout == 0:
        exclude["network"].add("dropout_at")
    if spec.training.schedule == "cosine":
        exclude["training"] |= {"decay_every", "decay_factor"}
    return f"{sorted(spec.inputs.ev)} {spec.model_dump_json(exclude=exclude)}"

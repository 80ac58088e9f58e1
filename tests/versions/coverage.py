"""Whether golden outputs can show at all that results are the same; what none can show is not recorded."""

from collections.abc import Collection, Mapping

from tests.versions.products import Product
from tests.versions.record import Closures, Decision, Record, RecordError, changed_modules


def products_to_compare(decision: Decision, products: Mapping[str, Product]) -> dict[str, Product]:
    """Choose the golden outputs that show whether the results of the kinds named SAME are the same.

    One that also passes through a kind named OTHER shows nothing: it may differ because of that kind.

    Raises
    ------
    RecordError
        If no golden output is left for a kind named SAME, unless its results are redone in any case.
    """
    compared = {
        name: product
        for name, product in products.items()
        if decision.same.intersection(product.kinds) and not decision.other.intersection(product.kinds)
    }
    covered = {kind for product in compared.values() for kind in product.kinds}
    uncovered = decision.same - covered - redone_anyway(decision)
    if uncovered:
        raise RecordError(_no_output_left(uncovered, decision, products))
    return compared


def _no_output_left(uncovered: Collection[str], decision: Decision, products: Mapping[str, Product]) -> str:
    lines = ["no golden output is left to show that these results are the same:"]
    blocking: set[str] = set()
    for kind in sorted(uncovered):
        beside = {one for product in products.values() if kind in product.kinds for one in product.kinds}
        through = decision.other & beside
        blocking |= through
        lines.append(f"{kind}: all of its pass through {', '.join(sorted(through))}")
    first, all_of_them = ",".join(sorted(blocking)), ",".join(sorted(blocking.union(uncovered)))
    lines += [
        f"Commit what changes {first} first, by itself, recorded with OTHER={first}.",
        "Then record the rest with SAME: it is compared with that commit.",
        "If the same modules have changed for both, this cannot be split: then they are others too,",
        f"OTHER={all_of_them}.",
    ]
    return "\n  ".join(lines)


def redone_anyway(decision: Decision) -> frozenset[str]:
    """Kinds named SAME that are redone all the same: a family is rendered again if rendering changes."""
    if "render_exposure" not in decision.other:
        return frozenset()
    return frozenset(kind for kind in decision.same if kind.startswith("family/"))


def refuse_untested(
    record: Record,
    closures: Closures,
    decision: Decision,
    *,
    untested: Mapping[str, str],
    accepted: Collection[str],
) -> None:
    """Refuse to call results the same if a module has changed that no golden output runs.

    Parameters
    ----------
    record, closures
        As recorded, and as the sources are.
    decision
        What is to be recorded.
    untested
        The modules that no golden output runs, and why.
    accepted
        Those of them whose results the developer has compared in another way.

    Raises
    ------
    RecordError
        If a changed one is not accepted, or if something else is.
    """
    if unknown := sorted(set(accepted) - set(untested)):
        raise RecordError(f"UNTESTED={unknown[0]}: this can only be one of {', '.join(untested)}")
    refused = set(untested) - set(accepted)
    found = {
        kind: modules
        for kind in sorted(decision.same - redone_anyway(decision))
        if (modules := refused.intersection(changed_modules(record, closures[kind])))
    }
    if not found:
        return
    changed = sorted(set().union(*found.values()))
    lines = [
        "no golden output runs some of the changed modules:",
        *(f"{module}: {untested[module]}" for module in changed),
        f"So none shows whether these results are the same: {', '.join(found)}.",
        f"Name them in OTHER, as OTHER={','.join(found)}, or compare their results yourself: if they are the",
        f"same to the bit, add UNTESTED={','.join(changed)}",
    ]
    raise RecordError("\n  ".join(lines))

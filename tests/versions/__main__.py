"""``make versions``: record which code decides each kind of result.

python -m tests.versions                                 say what has changed since it was recorded
python -m tests.versions --same KIND,... --other KIND,... --untested MODULE,...

A kind is recorded as the same only if its golden outputs, made by the recorded sources and by these, are the
same to the bit; at least one of them must pass through no kind of other results. ``all`` stands for all that
changed and are not named otherwise; shell patterns do as well. ``--untested`` names changed modules that no
golden output runs and whose results were compared in another way.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.versions.comparing import Cache, differences, made_side_by_side, recipes_of
from tests.versions.coverage import products_to_compare, redone_anyway, refuse_untested
from tests.versions.products import PRODUCTS, UNTESTED, Product
from tests.versions.record import Decision, Record, RecordError, closures_of, decide, renewed, told
from tests.versions.trees import RECORD_PATH, committed_record, current_tree, recorded_tree

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".golden-cache"
RECIPES_CHANGED = "tests/versions has changed too: commit that first, without a change of the package"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.versions", description=__doc__.partition("\n")[0])
    parser.add_argument("--same", default="", metavar="KIND,...", help="the results are the same to the bit")
    parser.add_argument("--other", default="", metavar="KIND,...", help="the results are others: redo them")
    parser.add_argument(
        "--untested",
        default="",
        metavar="MODULE,...",
        help="no golden output runs them: I compared results myself",
    )
    asked = parser.parse_args(arguments)
    same, other, untested = (_names(text) for text in (asked.same, asked.other, asked.untested))
    path = ROOT / RECORD_PATH
    # Changes since the commit are decided together, however often this runs before the next one.
    record = committed_record(ROOT) or Record.from_text(path.read_text())
    closures = closures_of(ROOT / "hdrbatch")
    if not same and not other:
        print(told(Record.from_text(path.read_text()), closures) or "All kinds of result are recorded.")
        return 0
    try:
        decision = decide(record, closures, same, other)
        renewal = renewed(record, closures, decision)
        refuse_untested(record, closures, decision, untested=UNTESTED, accepted=untested)
        if products := products_to_compare(decision, PRODUCTS):
            _check_sameness(record, renewal, products)
    except RecordError as error:
        print(f"nothing is recorded: {error}", file=sys.stderr)
        return 1
    path.write_text(renewal.to_text())
    _tell(record, renewal, decision)
    return 0


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _check_sameness(record: Record, renewal: Record, products: Mapping[str, Product]) -> None:
    """Make the golden outputs of the recorded sources and of these, side by side, and compare them."""
    print(f"comparing {len(products)} golden outputs: {', '.join(products)}", flush=True)
    begin = time.perf_counter()
    with recorded_tree(ROOT, record) as earlier, current_tree(ROOT, record) as current:
        before, now = made_side_by_side(
            (earlier, record.closures), (current, renewal.closures), products=products, cache=Cache(CACHE)
        )
        hint = "" if recipes_of(earlier) == recipes_of(current) else RECIPES_CHANGED
    print(f"made in {time.perf_counter() - begin:.0f} s", flush=True)
    if lines := differences(before, now):
        advice = hint or "record the kinds that they pass through as OTHER, or mend the code"
        raise RecordError(
            "\n  ".join(["these results are not those of the recorded sources:", *lines, advice])
        )


def _tell(record: Record, renewal: Record, decision: Decision) -> None:
    for kind, version in renewal.versions.items():
        if kind in decision.other:
            print(f"{kind}: other results, version {version}")
        elif kind not in record.versions:
            print(f"{kind}: new, version {version}")
        elif kind in redone_anyway(decision):
            print(f"{kind}: redone with render_exposure, still version {version}")
        elif kind in decision.same:
            print(f"{kind}: the same results, still version {version}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

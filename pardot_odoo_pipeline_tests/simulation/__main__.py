"""``python -m pardot_odoo_pipeline_tests.simulation``: play many seeds, and go on another day.

What lives here: arguments. What does not: playing (`play`), the account of it (`many`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline_tests.simulation.crashes import (
    RICH,
    kinds_of,
    survives,
    undisturbed,
)
from pardot_odoo_pipeline_tests.simulation.history import History, draw
from pardot_odoo_pipeline_tests.simulation.many import account_of, code_version, play_many
from pardot_odoo_pipeline_tests.simulation.play import REGRESSIONS, play, shrink
from pardot_odoo_pipeline_tests.simulation.site import Templates


def main(arguments: Sequence[str] | None = None) -> int:
    """Play; the exit code tells whether all was as promised."""
    wish = _parser().parse_args(arguments)
    if wish.play:
        return _one(History.from_json(wish.play.read_text()), 0.0)
    if wish.seed is not None:
        return _one(draw(wish.seed), wish.shrink)
    if wish.crashes:
        return _crashes()
    version = code_version()
    done = account_of(version)
    first = wish.first if wish.first is not None else _next(done)
    before = sum(line["clean"] for line in done)
    _say(f"code {version}: {before} seeds clean so far; from seed {first} on")
    failed = play_many(version, range(first, first + wish.seeds), wish.jobs, _say)
    for seed in failed[: wish.tell]:
        _one(draw(seed), wish.shrink)
    return 1 if failed else 0


def _next(done: Sequence[dict[str, Any]]) -> int:
    return max((line["last"] + 1 for line in done), default=0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--from", dest="first", type=int, help="first one; else go on")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--seed", type=int, help="one alone, with its story")
    parser.add_argument("--play", type=Path, help="a history from a file, with its story")
    parser.add_argument("--crashes", action="store_true", help="a death at every point")
    parser.add_argument("--shrink", type=float, default=60.0, help="seconds for a smaller one")
    parser.add_argument("--tell", type=int, default=3, help="so many stories of failed ones")
    return parser


def _one(history: History, seconds: float) -> int:
    templates = Templates.make()
    try:
        played = play(templates, history)
        if played.wrong and seconds:
            played = shrink(partial(play, templates), played, seconds=seconds)
            REGRESSIONS.mkdir(exist_ok=True)
            path = REGRESSIONS / f"found-{history.seed}.json"
            path.write_text(played.history.to_json())
            _say(f"a smaller history is in {path}: say in `why` what it found")
        sys.stdout.write(f"{played.story}\n{played.digest}\n")
        return 1 if played.wrong else 0
    finally:
        templates.remove()


def _crashes() -> int:
    templates = Templates.make()
    try:
        whole = undisturbed(templates, RICH)
        _say(f"{len(whole.points)} points: {dict(kinds_of(whole.points))}")
        failed = 0
        for number, point in enumerate(whole.points):
            wrong = survives(templates, whole, number)
            failed += bool(wrong)
            _say(f"{number + 1} of {len(whole.points)}, {failed} failed: {point[:80]}")
            if wrong:
                sys.stdout.write("\n".join([*wrong, ""]))
        return 1 if failed else 0
    finally:
        templates.remove()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())

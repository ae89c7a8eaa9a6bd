# ruff: noqa: T201 - a command
"""``make soak``: ``python -m pardot_odoo_pipeline_tests.soak [--rounds N] [--ledger …]``.

What lives here: the command, its results file, and going on where the last call stopped. What does
not: a round (`rounds`), the many events (`flood`).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline_tests.postgres import postgres_server
from pardot_odoo_pipeline_tests.soak.flood import flood
from pardot_odoo_pipeline_tests.soak.rounds import play
from pardot_odoo_pipeline_tests.soak.site import KINDS, SoakSite

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "bench" / "results"
_PEOPLE = 40
_PER_WORLD = 25
"""Rounds after which the world is made anew, so that one does not grow without end."""


def main() -> int:
    """Play rounds, or flood the inbox; 0 when all was as promised."""
    given = _arguments()
    if given.events:
        return _flood(given)
    path = given.results or RESULTS / f"soak-{given.ledger}.jsonl"
    played = _played(path)
    left = given.rounds if given.more else given.rounds - len(played)
    if left <= 0:
        print(f"{len(played)} rounds are played already; --more plays {given.rounds} on top")
    number, red = len(played), 0
    while left > 0:
        with _world(given) as site:
            for _ in range(min(left, _PER_WORLD)):
                number, left = number + 1, left - 1
                red += _round(site, given, number, path)
                if red and not given.keep_going:
                    left = 0
                    break
    _summary(_played(path))
    return 1 if red else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, default=100, help="how many there shall be in the results file")
    add("--more", action="store_true", help="that many on top of those played already")
    add("--ledger", choices=("sqlite", "postgres"), default="sqlite")
    add("--seed", type=int, default=7)
    add("--kind", choices=KINDS, help="kill only this, instead of one after the other")
    add("--keep-going", action="store_true", help="play on after a red round")
    add("--home", type=Path, help="keep the world here instead of in a folder that is deleted")
    add("--results", type=Path, help="another results file")
    add("--events", type=int, default=0, help="instead of rounds: that many events at once")
    add("--people", type=int, default=1000, help="over so many people")
    return parser.parse_args()


def _round(site: SoakSite, given: argparse.Namespace, number: int, path: Path) -> bool:
    """Play one round and keep its result; whether it was red."""
    draw = random.Random(f"{given.seed}/{number}")
    # Each kind once in five rounds, in an order of its own.
    block = random.Random(f"{given.seed}/block {(number - 1) // len(KINDS)}")
    kind = given.kind or block.sample(KINDS, len(KINDS))[(number - 1) % len(KINDS)]
    told = play(site, kind, draw, f"r{number}")
    document = {
        "round": number,
        "ledger": given.ledger,
        "seed": given.seed,
        "code": code_version(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        **told.document(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(document) + "\n")
    print(
        f"round {number}: {kind} killed, {told.acknowledged} events, recovered in "
        f"{told.recovered} s, quiet after {told.quiet} s, {told.seconds} s in all: "
        f"{'as promised' if not told.problems else 'RED'}",
        flush=True,
    )
    for problem in told.problems[:20]:
        print(f"  {problem}", flush=True)
    return bool(told.problems)


def _flood(given: argparse.Namespace) -> int:
    with _ledger(given) as url, tempfile.TemporaryDirectory() as folder:
        told = flood(Path(folder), given.events, given.people, given.seed, url)
    document = {
        "command": f'make soak ARGS="--events {given.events} --people {given.people} '
        f'--ledger {given.ledger} --seed {given.seed}"',
        "ledger": given.ledger,
        "code": code_version(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        **told,
    }
    path = given.results or RESULTS / f"soak-events-{given.ledger}.json"
    path.write_text(json.dumps(document, indent=2) + "\n")
    print(json.dumps(document, indent=2), flush=True)
    return 1 if told["problems"] else 0


@contextlib.contextmanager
def _world(given: argparse.Namespace) -> Iterator[SoakSite]:
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(_ledger(given))
        if given.home:
            home = Path(given.home) / f"{time.time():.0f}"
            home.mkdir(parents=True)
        else:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield stack.enter_context(SoakSite.running(home, people=_PEOPLE, ledger_url=url))


@contextlib.contextmanager
def _ledger(given: argparse.Namespace) -> Iterator[str | None]:
    if given.ledger == "sqlite":
        yield None
        return
    with postgres_server(fsync=True) as server:
        yield server.create_database()


def _played(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def _summary(played: list[dict[str, Any]]) -> None:
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in played:
        by_kind[one["kind"]].append(one)
    red = sum(bool(one["problems"]) for one in played)
    print(f"{len(played)} rounds, {red} red")
    for kind, rounds in sorted(by_kind.items()):
        seconds = [one["recovered"] for one in rounds]
        print(
            f"  {kind}: {len(rounds)} rounds, recovered in {statistics.median(seconds):.1f} s "
            f"(median), {max(seconds):.1f} s (longest)"
        )


def code_version() -> str:
    """The commit, with a word when the tree differs from it."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())

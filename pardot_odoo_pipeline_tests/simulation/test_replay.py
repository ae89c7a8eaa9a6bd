"""The same seed is the same run, and what was found once is looked for again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pardot_odoo_pipeline_tests.simulation import scheduler
from pardot_odoo_pipeline_tests.simulation.history import History, draw
from pardot_odoo_pipeline_tests.simulation.play import Played, play, regressions, shrink
from pardot_odoo_pipeline_tests.simulation.site import Templates

SEEDS = (3, 6, 9, 12, 21, 33)
_ELSEWHERE = """
import json, sys
from pardot_odoo_pipeline_tests.simulation.history import draw
from pardot_odoo_pipeline_tests.simulation.play import play
from pardot_odoo_pipeline_tests.simulation.site import Templates
templates = Templates.make()
print(json.dumps([play(templates, draw(int(seed))).digest for seed in sys.argv[1:]]))
templates.remove()
"""


def _digests(hash_seed: str, *seeds: int) -> list[str]:
    """What they come to in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE, *map(str, seeds)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(done.stdout.splitlines()[-1]))


def test_the_same_seed_is_the_same_run_byte_for_byte() -> None:
    there = _digests("1", *SEEDS)
    # In another order: nothing of a seed stays behind for the next.
    again = _digests("2", *reversed(SEEDS))
    assert dict(zip(SEEDS, there, strict=True)) == dict(zip(reversed(SEEDS), again, strict=True))
    assert len(set(there)) == len(SEEDS)


def test_a_history_survives_its_file() -> None:
    for seed in SEEDS:
        assert History.from_json(draw(seed).to_json()) == draw(seed)


def test_a_failure_is_told_with_as_little_as_it_takes() -> None:
    whole = draw(4)
    needed = {whole.events[2].n, whole.events[-1].n}

    def again(history: History) -> Played:
        there = needed <= {event.n for event in history.events}
        wrong = ("before act 3: prospect 11000007 lost 'x'",) if there else ()
        return Played(history, wrong, (), "", 0, 0)

    small = shrink(again, again(whole), seconds=20).history
    assert {event.n for event in small.events} == needed
    assert (small.switches, small.settings, small.restless) == ({}, {}, 0.0)
    assert "not as promised" in again(small).story


def test_a_history_without_an_end_is_a_failure_with_a_story(
    templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "MOST_TURNS", 400)
    played = play(templates, draw(SEEDS[-1]))
    assert played.kinds == {"Endless: no end after … turns (scheduler.py:…)"}
    assert "process 0 runs" in played.story


@pytest.mark.parametrize("path", regressions(), ids=lambda path: path.stem)
def test_what_was_found_once(path: Path, templates: Templates) -> None:
    played = play(templates, History.from_json(path.read_text()))
    assert not played.wrong, played.story

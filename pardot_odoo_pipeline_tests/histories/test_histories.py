"""Whatever people, outages and crashes do to both systems: once it is quiet, they agree.

``HISTORIES=200 pytest …`` plays as many; ``HISTORIES_FROM=1000`` begins at another seed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pardot_odoo_pipeline_tests.histories.history import History
from pardot_odoo_pipeline_tests.histories.site import copied, make_template

STEPS = 25
FIRST = int(os.environ.get("HISTORIES_FROM", "0"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("HISTORIES", "12")))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("histories") / "template")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.mark.parametrize("seed", SEEDS)
def test_both_sides_agree_once_it_is_quiet(seed: int, template: Path, home: Path) -> None:
    with copied(template, home) as site:
        history = History(site, seed)
        history.play(STEPS)
        story = "\n".join([f"seed {seed}:", *history.told, "wrong:", *history.wrong])
    if history.wrong:
        pytest.fail(story, pytrace=False)

"""Whatever people, outages and crashes do to both systems: once it is quiet, they agree.

``HISTORIES=200 pytest …`` plays as many; ``HISTORIES_FROM=1000`` begins at another seed. A failure
prints its seed and the whole story; one that found a fault in the engine joins `FOUND`.
"""

from __future__ import annotations

import os

import pytest

from pardot_odoo_pipeline_tests.histories.history import DEFAULT, HASTY, PATIENT, History
from pardot_odoo_pipeline_tests.histories.site import Site

STEPS = 25
FOUND = {
    0: "an opted-out prospect moved to the address of another, and was not blocked there",
    2: "a new country turned a national phone number into another number",
    13: "a deleted prospect's link kept archiving the lead that another had taken over",
    34: "a value that a killed call had replaced was in no history",
    26: "a lead was taken over in the batch that saw its prospect deleted: the ledger refused it",
}
WEIGHTS = {"default": DEFAULT, "hasty": HASTY}[os.environ.get("HISTORIES_WEIGHTS", "default")]
FIRST = int(os.environ.get("HISTORIES_FROM", "30"))
SEEDS = [*FOUND, *range(FIRST, FIRST + int(os.environ.get("HISTORIES", "8")))]


@pytest.mark.parametrize("seed", SEEDS)
def test_both_sides_agree_once_it_is_quiet(seed: int, site: Site) -> None:
    history = History(site, seed, PATIENT if seed in FOUND else WEIGHTS)
    history.play(STEPS)
    if history.wrong:
        story = [f"seed {seed}:", *history.told, "wrong:", *history.wrong]
        pytest.fail("\n".join(story), pytrace=False)

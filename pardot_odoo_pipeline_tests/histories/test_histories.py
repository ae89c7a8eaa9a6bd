"""Whatever people, outages and crashes do to both systems: once it is quiet, they agree.

``HISTORIES=200 pytest …`` plays as many; ``HISTORIES_FROM=1000`` begins at another seed. A failure
prints its seed and the whole story; one that found a fault in the engine joins `FOUND`.
"""

from __future__ import annotations

import os

import pytest

from pardot_odoo_pipeline_tests.histories.history import PATIENT, USUAL, History
from pardot_odoo_pipeline_tests.histories.site import Site

STEPS = 25
FOUND = {
    0: "an opted-out prospect moved to the address of another, and was not blocked there",
    2: "a new country turned a national phone number into another number",
    13: "a deleted prospect's link kept archiving the lead that another had taken over",
    34: "a value that a killed call had replaced was in no history",
    26: "a lead was taken over in the batch that saw its prospect deleted: the ledger refused it",
}
FOUND_SINCE = {
    106: "whoever was to be told nothing any more stayed owed to Pardot for ever",
    413: "the opt-out of a merged contact's prospect blocked the other one's address",
    3003: "a contact had been merged into that of a deleted prospect, and was made again and again",
}
"""Found while people act during batches, too."""

FIRST = int(os.environ.get("HISTORIES_FROM", "30"))
SEEDS = [*FOUND, *FOUND_SINCE, *range(FIRST, FIRST + int(os.environ.get("HISTORIES", "8")))]


@pytest.mark.parametrize("seed", SEEDS)
def test_both_sides_agree_once_it_is_quiet(seed: int, site: Site) -> None:
    history = History(site, seed, PATIENT if seed in FOUND else USUAL)
    history.play(STEPS)
    if history.wrong:
        story = [f"seed {seed}:", *history.told, "wrong:", *history.wrong]
        pytest.fail("\n".join(story), pytrace=False)

"""Events that come many times and in no order end where one clean sync does.

`make soak ARGS="--events 50000 --people 1000"` is the same in large.
"""

from __future__ import annotations

from pathlib import Path

from pardot_odoo_pipeline_tests.soak.flood import flood
from pardot_odoo_pipeline_tests.soak.site import RECEIVER, WORKER


def test_a_flood_of_events_ends_in_the_state_of_a_clean_sync(tmp_path: Path) -> None:
    told = flood(tmp_path, 1500, 40, 7, processes=(RECEIVER, WORKER))
    assert told["problems"] == []
    assert told["distinct"] + told["duplicates"] == 1500
    assert told["duplicates"] > 1000
    # The events of a person are coalesced: far fewer calls than events, at each system.
    assert 0 < told["pardot_calls"] < 150
    assert 0 < told["odoo_calls"] < 150

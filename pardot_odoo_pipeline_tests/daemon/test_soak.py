"""One process of each kind is killed under load, and everything comes right without help.

`make soak` plays a hundred such rounds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pardot_odoo_pipeline import launching
from pardot_odoo_pipeline.opening import open_ids
from pardot_odoo_pipeline_tests.ledgers import state
from pardot_odoo_pipeline_tests.postgres import postgres_server
from pardot_odoo_pipeline_tests.soak.load import Expected
from pardot_odoo_pipeline_tests.soak.rounds import play
from pardot_odoo_pipeline_tests.soak.site import KINDS, SoakSite
from pardot_odoo_pipeline_tests.soak.verdict import judge
from pardot_odoo_pipeline_tests.world import wait_for

_PEOPLE = 30


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SoakSite]:
    """All processes over a ledger of either kind."""
    home = tmp_path_factory.mktemp("soak")
    if request.param == "sqlite":
        with SoakSite.running(home, people=_PEOPLE) as running:
            yield running
        return
    with (
        postgres_server(fsync=True) as server,
        SoakSite.running(home, people=_PEOPLE, ledger_url=server.create_database()) as running,
    ):
        yield running


@pytest.mark.parametrize("kind", KINDS)
def test_every_acknowledged_event_has_one_effect_after_a_kill(site: SoakSite, kind: str) -> None:
    told = play(site, kind, random.Random(f"test/{kind}"), f"t{KINDS.index(kind)}")
    assert told.problems == []
    assert told.acknowledged >= 3


def test_the_judge_sees_what_is_missing(site: SoakSite) -> None:
    who = site.people[0]
    people = {who: Expected({"function": "of nobody"}, {"addressTwo": "nowhere"}, ["1"])}
    found = judge(site, people, ["never-sent"])
    assert "event never-sent: acknowledged and lost" in found
    assert sum("not 'of nobody'" in problem for problem in found) == 2
    assert sum("not 'nowhere'" in problem for problem in found) == 1
    assert f"{who}: activity 1 has 0 entries" in found
    assert len(found) == 5


def test_a_launch_that_got_lost_on_its_way_to_dagster_is_made_again(site: SoakSite) -> None:
    now = datetime.now(UTC)
    [key] = open_ids(site.ledger, site.people[:1], now)
    # As a daemon that ends after its sensor has answered.
    assert launching.take_requests(site.ledger, now, only=[str(key)])
    site.world.advance(launching.LOST_AFTER.total_seconds() + 5)
    wait_for(lambda: state(site.ledger, key) == "done", 120)

"""Several prospects with one address, over several batches: who speaks, and who takes over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline.ledger.store import retries
from pardot_odoo_pipeline_tests.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.running(tmp_path_factory.mktemp("shared"), 20) as made:
        made.begin()
        yield made


def later(world: World) -> dict[str, int]:
    """Let time pass, then run an interval batch and what follows it."""
    world.advance(600)
    return world.sync()


def lead(world: World, prospect_id: str) -> dict[str, object]:
    [row] = world.of_prospect("crm.lead", prospect_id, "function", "email_from", "x_pardot_score")
    return row


def pair(world: World, address: str) -> tuple[str, str]:
    """A leader, then a follower with the same address, both synced."""
    leader = world.new_prospect(email=address, firstName="Lea", lastName="Lead", score=50)
    world.advance(60)
    later(world)
    follower = world.new_prospect(email=address, firstName="Fay", lastName="Follow", score=5)
    assert later(world)["merged"] >= 1
    assert world.of_prospect("crm.lead", follower) == []
    return leader, follower


def test_a_follower_that_gets_its_own_address_gets_its_own_records(world: World) -> None:
    leader, follower = pair(world, "shared.one@example.com")
    world.edit(follower, email="own.one@example.com", score=777)
    later(world)
    assert lead(world, leader)["x_pardot_score"] == 50
    assert lead(world, follower)["x_pardot_score"] == 777
    assert lead(world, leader)["id"] != lead(world, follower)["id"]
    world.edit(leader, jobTitle="Still myself")
    later(world)
    assert lead(world, leader)["function"] == "Still myself"
    assert world.twins() == []


def test_an_address_that_its_holder_gave_up_is_free(world: World) -> None:
    first = world.new_prospect(email="desk@example.com", lastName="First")
    later(world)
    world.edit(first, email="first@example.com")
    later(world)
    second = world.new_prospect(email="desk@example.com", lastName="Second")
    assert later(world)["leads_created"] == 1
    assert lead(world, second)["email_from"] == "desk@example.com"
    assert lead(world, first)["email_from"] == "first@example.com"


def test_a_follower_takes_over_when_its_leader_goes_to_the_recycle_bin(world: World) -> None:
    leader, follower = pair(world, "shared.two@example.com")
    before = lead(world, leader)["id"]
    world.edit(leader, isDeleted=True)
    later(world)
    assert lead(world, follower)["id"] == before, "the lead stays, its prospect changes"
    assert world.of_prospect("crm.lead", leader) == []
    world.edit(follower, jobTitle="In charge")
    later(world)
    assert lead(world, follower)["function"] == "In charge"
    assert world.twins() == []


def test_a_follower_is_on_its_own_when_its_leader_moves_away(world: World) -> None:
    leader, follower = pair(world, "shared.three@example.com")
    world.edit(leader, email="moved.away@example.com")
    later(world)
    assert lead(world, leader)["email_from"] == "moved.away@example.com"
    assert lead(world, follower)["email_from"] == "shared.three@example.com"
    assert world.twins() == []
    assert world.status()["retries"] == {}


def test_who_needs_nothing_any_more_is_not_tried_again(world: World) -> None:
    someone = world.new_prospect(email="well@example.com", lastName="Well")
    later(world)
    now = datetime.now(UTC)
    with open_ledger(world.home / "ledger.sqlite") as ledger, ledger.write() as connection:
        failure = retries.Failure(someone, "retry_later", "made_up")
        retries.record(connection, [failure], system="odoo", batch_key="manual", now=now)
    assert world.status()["retries"] == {"waiting": 1}
    assert world.sync("--prospect", someone)["unchanged"] == 1
    assert world.status()["retries"] == {}

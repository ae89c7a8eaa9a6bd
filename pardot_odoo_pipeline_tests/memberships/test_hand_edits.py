"""A tag of a list that somebody gives or takes in Odoo: put back and explained, or on to Pardot."""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.pardot.prospect_writes import WritesInterrupted
from pardot_odoo_pipeline_tests.memberships.lists_world import ListsWorld, edits
from pardot_odoo_pipeline_tests.world import api_calls, writes


@pytest.fixture
def fair(listed: ListsWorld, request: pytest.FixtureRequest) -> int:
    """A static list of the test's own."""
    return listed.new_list(f"Fair of {request.node.name}"[:60])


@pytest.fixture
def ada(listed: ListsWorld, request: pytest.FixtureRequest) -> str:
    """A person of the test's own, in Odoo."""
    return listed.person(f"{request.node.name}@example.com"[-60:])


def name(listed: ListsWorld, list_id: int) -> str:
    return listed.category(list_id)["name"]


def history(listed: ListsWorld) -> list[tuple[str, str, str]]:
    with listed.ports() as ports:
        return edits(ports)


def is_quiet(listed: ListsWorld) -> bool:
    """Two batches in which nothing is written on either side."""
    for _ in range(2):
        listed.world.forget()
        listed.batch()
        posts = [call for call in api_calls(listed.world.pardot) if call["method"] != "GET"]
        if writes(listed.world.odoo) or posts:
            return False
    return True


def test_a_tag_that_was_taken_is_back_with_a_note(listed: ListsWorld, fair: int, ada: str) -> None:
    listed.join(fair, ada)
    listed.batch()
    listed.take(ada, listed.category(fair)["id"])
    told = listed.batch()
    assert listed.tags(ada) == {name(listed, fair)}
    [note] = listed.notes(ada)
    assert name(listed, fair) in note
    assert "is back" in note
    assert "two_way" in note
    assert told["edits_put_back"] == 1
    assert history(listed)[-1] == ("removed", "put_back", "pardot_decides")
    assert is_quiet(listed)
    assert len(listed.notes(ada)) == 1


def test_a_tag_that_was_given_is_taken_off_with_a_note(
    listed: ListsWorld, fair: int, ada: str
) -> None:
    listed.batch()
    listed.give(ada, listed.category(fair)["id"])
    listed.batch()
    assert listed.tags(ada) == set()
    [note] = listed.notes(ada)
    assert "taken off again" in note
    assert not listed.is_member(fair, ada)
    assert history(listed)[-1] == ("added", "put_back", "pardot_decides")
    assert is_quiet(listed)


def test_the_same_change_on_both_sides_is_no_edit_to_undo(
    listed: ListsWorld, fair: int, ada: str
) -> None:
    listed.batch()
    listed.give(ada, listed.category(fair)["id"])
    listed.join(fair, ada)
    listed.world.forget()
    listed.batch()
    assert listed.tags(ada) == {name(listed, fair)}
    listed.take(ada, listed.category(fair)["id"])
    listed.leave(fair, ada)
    listed.world.forget()
    listed.batch()
    assert writes(listed.world.odoo) == []
    assert listed.tags(ada) == set()
    assert listed.notes(ada) == []
    assert [outcome for _, outcome, _ in history(listed)[-2:]] == ["agreed", "agreed"]


def test_edits_of_a_two_way_list_go_to_pardot(listed: ListsWorld, fair: int, ada: str) -> None:
    listed.batch(two_way=[fair])
    listed.give(ada, listed.category(fair)["id"])
    told = listed.batch(two_way=[fair])
    assert listed.is_member(fair, ada)
    assert told["lists_joined"] == 1
    assert listed.batch(two_way=[fair])["tags_given"] == 0, "what comes back is not news"
    listed.take(ada, listed.category(fair)["id"])
    told = listed.batch(two_way=[name(listed, fair)])
    assert not listed.is_member(fair, ada)
    assert told["lists_left"] == 1
    assert listed.tags(ada) == set()
    assert listed.notes(ada) == []
    assert is_quiet(listed)
    assert listed.tags(ada) == set()


def test_taking_the_tag_takes_everybody_behind_the_contact_off(
    listed: ListsWorld, fair: int, ada: str
) -> None:
    eve = listed.person("eve.shares@example.com", leader=ada)
    listed.join(fair, ada, eve)
    listed.batch(two_way=["*fair of*"], exclude=["Hot leads", "Customers", "Wartung*"])
    listed.take(ada, listed.category(fair)["id"])
    listed.batch(two_way=[fair])
    assert not listed.is_member(fair, ada)
    assert not listed.is_member(fair, eve)
    assert listed.tags(ada) == set()


def test_a_tag_given_in_odoo_undoes_no_opt_out(listed: ListsWorld, fair: int, ada: str) -> None:
    listed.join(fair, ada)
    listed.batch()
    listed.opt_out(fair, ada)
    listed.batch()
    listed.give(ada, listed.category(fair)["id"])
    listed.batch(two_way=[fair])
    assert listed.tags(ada) == set()
    [row] = listed.memberships(fair, ada)
    assert row["optedOut"] is True
    [note] = listed.notes(ada)
    assert "opted out" in note


def test_what_pardot_refuses_is_put_back(listed: ListsWorld, fair: int, ada: str) -> None:
    listed.batch()
    listed.world.edit(ada, isDeleted=True)
    listed.give(ada, listed.category(fair)["id"])
    told = listed.batch(two_way=[fair])
    assert (told["edits_put_back"], told["lists_joined"]) == (1, 0)
    assert listed.tags(ada) == set()
    [note] = listed.notes(ada)
    assert "refused" in note


def test_a_used_up_quota_loses_no_edit(listed: ListsWorld, fair: int, ada: str) -> None:
    listed.batch()
    listed.give(ada, listed.category(fair)["id"])
    path = "/api/v5/objects/list-memberships"
    listed.world.pardot.fault({"code": 122, "status": 429}, method="POST", path=path)
    with pytest.raises(WritesInterrupted):
        listed.batch(two_way=[fair])
    listed.world.forget()
    listed.world.advance(24 * 3600)  # there are calls again on the next day
    listed.batch(two_way=[fair])
    assert listed.is_member(fair, ada)
    assert listed.notes(ada) == []


def test_a_dynamic_list_cannot_flow_back(listed: ListsWorld, ada: str) -> None:
    hot = listed.new_list("Hot and dynamic", dynamic=True)
    listed.join(hot, ada)
    listed.world.forget()
    with pytest.raises(ConfigurationError, match=str(hot)) as refusal:
        listed.batch(two_way=["hot and *"])
    assert "lists.two_way" in refusal.value.fix
    assert writes(listed.world.odoo) == []
    listed.batch()
    assert listed.tags(ada) == {"Hot and dynamic"}


def test_who_insists_is_left_alone_for_the_day(listed: ListsWorld, fair: int, ada: str) -> None:
    listed.join(fair, ada)
    listed.batch()
    for _ in range(2):
        listed.take(ada, listed.category(fair)["id"])
        listed.batch(most_put_back=2)
        assert listed.tags(ada) == {name(listed, fair)}
    listed.take(ada, listed.category(fair)["id"])
    listed.batch(most_put_back=2)
    assert listed.tags(ada) == set()
    assert history(listed)[-1] == ("removed", "held", "put_back_too_often")
    assert len(listed.notes(ada)) == 2


def test_somebody_who_is_no_prospect_may_carry_any_tag(listed: ListsWorld, fair: int) -> None:
    listed.batch()
    client = listed.world.client
    tag = listed.category(fair)["id"]
    [partner] = client.create("res.partner", [{"name": "Nobody", "category_id": [[4, tag]]}])
    listed.batch()
    assert client.read("res.partner", [partner], ["category_id"])[0]["category_id"] == [tag]


def test_a_tag_of_a_lead_is_put_back_as_well(listed: ListsWorld, fair: int) -> None:
    bob = listed.person("bob.lead@example.com", contact=False)
    listed.join(fair, bob)
    listed.batch()
    before = listed.lead_tags(bob)
    assert before
    [lead] = listed.world.of_prospect("crm.lead", bob, "id")
    listed.world.client.write("crm.lead", [lead["id"]], {"tag_ids": [[5]]})
    listed.batch()
    assert listed.lead_tags(bob) == before
    domain = [("model", "=", "crm.lead"), ("res_id", "=", lead["id"])]
    rows = listed.world.client.search_read("mail.message", domain, ["body"])
    assert sum("The tag" in row["body"] for row in rows) == 1


def test_a_person_who_lost_one_answer_is_told_once(listed: ListsWorld, fair: int, ada: str) -> None:
    listed.join(fair, ada)
    listed.batch()
    listed.take(ada, listed.category(fair)["id"])
    listed.world.odoo.fault({"reset": True, "after": True}, path="/json/2/mail.message/create")
    with pytest.raises(PipelineError, match="broke the connection off"):
        listed.batch()
    listed.world.forget()
    listed.batch()
    assert listed.tags(ada) == {name(listed, fair)}
    assert len(listed.notes(ada)) == 1

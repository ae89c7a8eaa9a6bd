"""What a visitor did before having a name is the person's once there is one."""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline_tests.activities.history import FORM, History
from pardot_odoo_pipeline_tests.world import api_calls


def arrives(told: History) -> int:
    return int(told.world.pardot.control("POST", "/visitors", {})["id"])


def views(told: History, visitor: int, page: str) -> dict[str, Any]:
    given = {"visitorId": visitor, "url": f"https://acme.example{page}", "title": page}
    return told.world.pardot.control("POST", "/activity", given)


def identified(told: History, visitor: int, prospect: str) -> None:
    path = f"/visitors/{visitor}/identify"
    told.world.pardot.control("POST", path, {"prospectId": int(prospect)})


def test_page_views_join_at_identification(told: History) -> None:
    who, visitor = told.linked(), arrives(told)
    for page in ("/first", "/second"):
        views(told, visitor, page)
    assert told.run()["dispositions"] == {"anonymous": 2}
    assert told.messages(who) == []
    identified(told, visitor, who)
    told.does(who, FORM, formId=74001, visitorId=visitor)
    told.run()
    bodies = [message["body"] for message in told.messages(who)]
    told.run(pause=600)
    told.run(pause=600)
    assert [message["body"] for message in told.messages(who)] == bodies
    assert len(bodies) == 2
    assert sum("/first" in body and "/second" in body for body in bodies) == 1
    assert told.numbers(who)["page_views"] == 2


def test_what_only_the_visitors_own_pages_tell_is_looked_up_once(told: History) -> None:
    who, visitor = told.linked(), arrives(told)
    unseen = {"visitorId": visitor, "url": "https://acme.example/unseen", "title": "Unseen"}
    told.world.advance(60)
    told.world.pardot.control(
        "POST",
        "/objects/visitor-page-views",
        {"values": {**unseen, "createdAt": told.now().isoformat(timespec="seconds")}},
    )
    identified(told, visitor, who)
    told.does(who, FORM, formId=74001, visitorId=visitor)
    told.run()
    told.world.forget()
    assert told.run(pause=600)["dispositions"]["shown"] == 1
    assert len(api_calls(told.world.pardot)) == 3
    assert any("/unseen" in message["body"] for message in told.messages(who))
    told.world.forget()
    told.run(pause=600)
    assert len(api_calls(told.world.pardot)) == 1
    assert len(told.messages(who)) == 2

"""What a visitor did before having a name is the person's once there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pardot_odoo_pipeline_tests.activities.history import FORM, RULES, History, history
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


def test_the_first_reading_looks_nobody_up(tmp_path: Path) -> None:
    rules = RULES.replace("history_days: 0", "history_days: 3650")
    with history(tmp_path, rules) as told:
        first = told.outcome(told.recent()[-1])
        assert first["dispositions"]["waiting"] > 20, "nobody has a lead yet"
        told.world.forget()
        assert told.run(pause=600)["read"] == 0
        assert len(api_calls(told.world.pardot)) == 1


def test_only_so_many_are_looked_up_in_a_batch(tmp_path: Path) -> None:
    rules = RULES.replace("history_days: 0", "history_days: 0, visitor_lookups: 1")
    with history(tmp_path, rules) as told:
        people = [(told.linked(), arrives(told)) for _ in range(2)]
        for who, visitor in people:
            identified(told, visitor, who)
            told.does(who, FORM, formId=74001, visitorId=visitor)
        told.run()
        calls = []
        for _ in range(3):
            told.world.forget()
            told.run(pause=600)
            calls.append(len(api_calls(told.world.pardot)))
        assert calls == [3, 3, 1]

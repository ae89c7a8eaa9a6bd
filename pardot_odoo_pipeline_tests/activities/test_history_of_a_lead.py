"""What somebody does in Pardot is on the lead once, under its date, in words that people read."""

from __future__ import annotations

from datetime import timedelta

from pardot_odoo_pipeline.ledger.store.links import LinkState
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline_tests.activities.history import CLICK, FORM, OPEN, History
from pardot_odoo_pipeline_tests.world import api_calls, writes


def day_of(told: History, days_ago: float) -> str:
    return (told.now() - timedelta(days=days_ago)).isoformat(timespec="seconds")


def at_noon(told: History, days_ago: int, minutes: int = 0) -> str:
    """Moments of one day, whatever the hour at which the test runs."""
    noon = (told.now() - timedelta(days=days_ago)).replace(hour=12, minute=minutes)
    return noon.isoformat(timespec="seconds")


def stamp(iso: str) -> str:
    return iso[:19].replace("T", " ")


def test_a_form_is_a_dated_message_and_a_done_activity(told: History) -> None:
    who = told.linked()
    when = day_of(told, 3.2)
    activity = told.does(
        who, FORM, formId=74001, details="Contact <b>form</b> & more", createdAt=when
    )
    assert told.run()["dispositions"]["shown"] == 1
    [message] = told.messages(who)
    assert message["date"] == stamp(when)
    assert message["author_id"][1] == "OdooBot"
    assert message["message_id"].startswith(f"<pardot-activity-{activity}@")
    assert "<b>Form Completed</b>" in message["body"]
    assert "form 74001" in message["body"]
    assert "Contact form &amp; more" in message["body"]
    assert message["mail_activity_type_id"][1] == "Form Completed"
    [done] = told.done(who)
    assert (done["date_done"], done["state"]) == (when[:10], "done")
    assert done["activity_type_id"][1] == "Form Completed"
    assert done["summary"].startswith("Form Completed: ")


def test_nothing_of_a_value_is_read_as_markup(told: History) -> None:
    who = told.linked()
    told.does(who, CLICK, emailId=70001, details='https://a.example/?q="><script>alert(1)</script>')
    told.does(who, FORM, formHandlerId=75001, details="<img src=x onerror=alert(1)>a < b")
    told.run()
    bodies = " ".join(message["body"] for message in told.messages(who))
    assert "<script" not in bodies
    assert "<img" not in bodies
    assert "a &lt; b" in bodies


def test_the_oldest_is_written_first(told: History) -> None:
    who = told.linked()
    for days in (1, 5, 3):
        told.does(who, FORM, formId=74001, createdAt=day_of(told, days))
    told.run()
    dates = [message["date"] for message in told.messages(who)]
    assert len(dates) == 3
    assert dates == sorted(dates)


def test_an_address_that_was_clicked_is_a_link(told: History) -> None:
    who = told.linked()
    told.does(who, CLICK, emailTemplateId=1, details="https://shop.example/a?b=1&c=2")
    told.run()
    [message] = told.messages(who)
    assert "<b>Email Clicked</b>" in message["body"]
    assert "e-mail template 1" in message["body"]
    assert '<a href="https://shop.example/a?b=1&amp;c=2">' in message["body"]


def test_opens_of_one_day_are_one_entry_that_grows(told: History) -> None:
    who = told.linked()
    for minutes in (0, 1, 2):
        told.does(who, OPEN, emailId=70001, createdAt=at_noon(told, 2, minutes))
    outcome = told.run()
    assert outcome["dispositions"] == {"shown": 1, "counted": 2}
    told.does(who, OPEN, emailId=70001, createdAt=at_noon(told, 2))
    told.does(who, OPEN, emailId=70002, createdAt=at_noon(told, 2))
    told.does(who, OPEN, emailId=70001, createdAt=at_noon(told, 1))
    told.world.forget()
    dispositions = told.run()["dispositions"]
    assert (dispositions["shown"], dispositions["counted"]) == (2, 1)
    assert len([path for path in writes(told.world.odoo) if "mail.message" in path]) == 2
    bodies = [message["body"] for message in told.messages(who)]
    assert len(bodies) == 3
    assert sum("4 times that day" in body for body in bodies) == 1
    told.run()
    assert [message["body"] for message in told.messages(who)] == bodies


def test_page_views_of_one_day_are_listed(told: History) -> None:
    who = told.linked()
    for page in ("/pumps", "/valves", "/pumps"):
        told.does(who, 2, url=f"https://acme.example{page}", title=f"Page {page}")
    told.run()
    [message] = told.messages(who)
    assert "<b>Website Visited</b>, 3 times that day" in message["body"]
    assert message["body"].count("<li>") == 2
    assert 'href="https://acme.example/valves"' in message["body"]


def test_a_follower_is_part_of_the_leaders_history(told: History) -> None:
    leader = told.linked()
    follower = told.linked(leader=leader)
    told.does(leader, FORM, formId=74001)
    told.does(follower, FORM, formId=74002)
    told.does(follower, OPEN, emailId=70001)
    told.run()
    assert len(told.messages(leader)) == 3
    for model in (LEAD, PARTNER):
        numbers = told.numbers(leader, model)
        assert (numbers["form_submissions"], numbers["email_opens"]) == (2, 1)


def test_who_has_no_lead_yet_gets_the_history_with_it(told: History) -> None:
    who = told.person()
    when = day_of(told, 4)
    told.does(who, FORM, formId=74001, createdAt=when)
    assert told.run()["dispositions"]["waiting"] == 1
    assert told.run(pause=600)["read"] == 0, "it is not read again while nothing changed"
    told.linked(who)
    assert told.run()["dispositions"] == {"shown": 1}
    [message] = told.messages(who)
    assert message["date"] == stamp(when)
    assert told.numbers(who)["form_submissions"] == 1
    assert told.run(pause=600)["read"] == 0
    assert len(told.messages(who)) == 1


def test_who_is_in_the_recycle_bin_waits_and_who_is_erased_is_left_out(told: History) -> None:
    binned, erased = told.linked(), told.linked()
    told.relink(binned, state=LinkState.ARCHIVED)
    told.relink(erased, state=LinkState.TOMBSTONED)
    for who in (binned, erased):
        told.does(who, FORM, formId=74001)
    assert told.run()["dispositions"] == {"waiting": 1, "erased": 1}
    assert told.messages(binned) == told.messages(erased) == []
    told.relink(binned, state=LinkState.ACTIVE)
    told.run(pause=600)
    assert len(told.messages(binned)) == 1
    assert told.messages(erased) == []


def test_a_lead_that_somebody_deleted_stops_nobody_else(told: History) -> None:
    unlucky, other = told.linked(), told.linked()
    lead = told.link(unlucky).lead_id
    assert lead is not None
    told.world.client.unlink(LEAD, [lead])
    for who in (unlucky, other, unlucky):
        told.does(who, FORM, formId=74001)
    assert told.run()["dispositions"] == {"shown": 1, "waiting": 2}
    assert len(told.messages(other)) == 1
    told.world.forget()
    assert told.run(pause=600)["read"] == 0
    assert told.world.odoo.asked == [], "one that is gone is not tried again and again"
    told.relink(unlucky, lead_id=told.odoo.create(LEAD, [{"name": "New lead"}])[0])
    assert told.run()["dispositions"] == {"shown": 2}
    assert len(told.messages(unlucky)) == 2


def test_what_is_only_counted_is_still_counted(told: History) -> None:
    who = told.linked()
    told.does(who, 20, typeName="Visit")
    told.does(who, 6, emailId=70001)
    dispositions = told.run()["dispositions"]
    assert dispositions == {"ignored_by_rule": 2}
    assert told.messages(who) == []
    assert told.numbers(who)["activities_30d"] == 1, "an e-mail sent is nobody's doing"


def test_numbers_do_not_look_like_an_edit(told: History) -> None:
    who = told.linked()
    told.world.advance(60)
    told.does(who, FORM, formId=74001)
    told.run()
    link = told.link(who)
    assert told.numbers(who)["form_submissions"] == 1
    assert link.lead_version == told.version(LEAD, link.lead_id)  # type: ignore[arg-type]
    assert link.partner_version == told.version(PARTNER, link.partner_id)  # type: ignore[arg-type]


def test_an_edit_by_hand_is_not_hidden_by_numbers(told: History) -> None:
    who = told.linked()
    before = told.link(who)
    told.world.advance(60)
    told.world.client.write(LEAD, [before.lead_id], {"function": "Edited by hand"})  # type: ignore[list-item]
    told.does(who, FORM, formId=74001)
    told.run()
    assert told.numbers(who)["form_submissions"] == 1
    after = told.link(who)
    assert after.lead_version == before.lead_version, "the people's batch has to read this lead"
    assert after.partner_version > before.partner_version  # type: ignore[operator]


def test_a_quiet_batch_asks_pardot_once_and_odoo_nothing(told: History) -> None:
    told.run(pause=900)
    told.world.forget()
    assert told.run(pause=900)["read"] == 0
    assert len(api_calls(told.world.pardot)) == 1
    assert told.world.odoo.asked == []


def test_the_trend_turns_without_anything_happening(told: History) -> None:
    who = told.linked()
    told.does(who, FORM, formId=74001)
    told.does(who, OPEN, emailId=70001)
    told.run()
    assert told.numbers(who)["trend_30d"] == 2
    told.run(pause=31 * 86_400)
    numbers = told.numbers(who)
    assert (numbers["activities_30d"], numbers["trend_30d"]) == (0, -2)
    told.run(pause=31 * 86_400)
    numbers = told.numbers(who)
    assert (numbers["activities_30d"], numbers["trend_30d"]) == (0, 0)
    assert (numbers["form_submissions"], numbers["email_opens"]) == (1, 1), "sums last"
    link = told.link(who)
    assert link.lead_version == told.version(LEAD, link.lead_id)  # type: ignore[arg-type]

"""Writing prospects one by one: what became of each, and what is left when the account stops."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.pardot.prospect_writes import (
    ProspectStatus,
    ProspectWrite,
    ProspectWriter,
    WritesInterrupted,
    current_versions,
)
from pardot_odoo_pipeline_tests.pardot.canned_server import answer, canned

PATH = "/api/v5/objects/prospects"
LISTS = "/api/v5/objects/list-memberships"
NOW = ("id", "email", "firstName", "isDoNotCall", "updatedAt", "score")


@pytest.fixture
def writer(client):
    return ProspectWriter(client, read_back=("score",))


def make(client, name, **values):
    email = f"{name}@writes.example.com"
    return client.create("prospects", {"email": email, **values}, ("id",))["id"]


def wish(person, **values):
    return ProspectWrite(f"p{person}", person, values)


def seen(client, person, *fields):
    return client.get("prospects", person, fields or NOW)


def static_lists(client, count):
    page = client.query("lists", ("id", "isDynamic"), order_by="id")
    found = [row["id"] for row in page.rows if not row["isDynamic"]][:count]
    assert len(found) == count
    return found


def lists_of(client, person):
    page = client.query("list-memberships", ("listId", "isDeleted"), filters={"prospectId": person})
    return sorted(row["listId"] for row in page.rows)


def statuses(results):
    return [result.status for result in results]


def test_fields_are_written_and_read_back_in_the_same_call(pardot, client, writer):
    ann, bob = make(client, "ann", score=3), make(client, "bob", firstName="Bob")
    before = len(pardot.requests(PATH))
    results = writer.apply(
        [wish(ann, firstName="Ann", isDoNotCall=True), wish(bob, firstName=None)]
    )
    assert len(pardot.requests(PATH)) - before == 2
    assert [r.key for r in results] == [f"p{ann}", f"p{bob}"]
    assert statuses(results) == [ProspectStatus.WRITTEN] * 2
    assert [r.prospect_id for r in results] == [ann, bob]
    row = seen(client, ann)
    assert (row["firstName"], row["isDoNotCall"]) == ("Ann", True)
    assert results[0].values["firstName"] == "Ann"
    assert results[0].values["score"] == 3
    assert results[0].updated_at == datetime.fromisoformat(row["updatedAt"])
    assert results[0].updated_at.tzinfo == UTC
    assert seen(client, bob)["firstName"] is None


def test_values_take_the_forms_of_their_fields(pardot, client, writer):
    client.create("custom-fields", {"name": "Tastes", "fieldId": "tastes", "type": "multi-select"})
    client.create("custom-fields", {"name": "Signed", "fieldId": "signed", "type": "date"})
    client.create("custom-fields", {"name": "Weight", "fieldId": "weight", "type": "number"})
    person = make(client, "forms")
    wanted = {
        "tastes__c": ["sweet", "sour; salty"],
        "signed__c": date(2026, 3, 1),
        "weight__c": Decimal("71.5"),
        "score": Decimal(40),
        "comments": 'a "quoted"\nline; 株式会社',
        "optedOut": True,
    }
    (result,) = writer.apply([wish(person, **wanted)])
    assert result.status is ProspectStatus.WRITTEN
    row = seen(client, person, *wanted)
    assert row == {
        **wanted,
        "signed__c": "2026-03-01",
        "weight__c": 71.5,
        "score": 40,
    }
    assert {name: result.values[name] for name in wanted} == row


@pytest.mark.parametrize("value", [datetime(2026, 1, 1), object()])  # noqa: DTZ001
def test_a_value_that_the_api_has_no_form_for_refuses_its_person_only(client, writer, value):
    good, bad = make(client, "unfit1"), make(client, "unfit2")
    results = writer.apply([wish(bad, firstName=value), wish(good, firstName="Good")])
    assert statuses(results) == [ProspectStatus.REFUSED, ProspectStatus.WRITTEN]
    assert results[0].code == "unfit_value"


def test_a_new_prospect_is_created_and_told_apart_from_a_found_one(client, writer):
    new = ProspectWrite("new", None, {"firstName": "New"}, email="new@writes.example.com")
    (created,) = writer.apply([new])
    assert created.status is ProspectStatus.CREATED
    assert created.values["firstName"] == "New"
    assert seen(client, created.prospect_id)["email"] == "new@writes.example.com"
    (found,) = writer.apply([new])
    assert found.status is ProspectStatus.WRITTEN
    assert found.prospect_id == created.prospect_id


def test_one_in_the_bin_is_not_brought_back_by_a_create(client, writer):
    old = make(client, "binned")
    client.delete("prospects", old)
    (result,) = writer.apply([ProspectWrite("k", None, {}, email="binned@writes.example.com")])
    assert result.status is ProspectStatus.CREATED
    assert result.prospect_id != old


def test_wishes_for_one_address_make_one_prospect(client, writer):
    wishes = [
        ProspectWrite(f"k{n}", None, {"firstName": f"N{n}"}, email=f"{name}@writes.example.com")
        for n, name in enumerate(["twin", "Twin", "TWIN", "other"])
    ]
    results = writer.apply(wishes)
    assert len({r.prospect_id for r in results[:3]}) == 1
    assert sorted(statuses(results)) == ["created", "created", "written", "written"]
    assert seen(client, results[0].prospect_id)["firstName"] == "N2"


def test_a_prospect_without_id_needs_an_address():
    with pytest.raises(ValueError, match="e-mail"):
        ProspectWrite("k", None, {"firstName": "Ada"})


def test_each_refusal_has_its_name_and_stops_nobody_else(client, writer):
    good, binned, bad, other = (make(client, f"r{n}") for n in range(4))
    client.delete("prospects", binned)
    results = writer.apply(
        [
            wish(binned, firstName="x"),
            wish(999_999_999, firstName="x"),
            wish(bad, score="many"),
            wish(other, noSuchField="x"),
            ProspectWrite("mail", None, {}, email="no address"),
            wish(good, firstName="Good"),
        ]
    )
    assert [(r.status, r.code) for r in results] == [
        (ProspectStatus.BINNED, "219"),
        (ProspectStatus.MISSING, "109"),
        (ProspectStatus.REFUSED, "29"),
        (ProspectStatus.REFUSED, "180"),
        (ProspectStatus.REFUSED, "4"),
        (ProspectStatus.WRITTEN, None),
    ]
    assert results[0].prospect_id == binned
    assert results[0].values is None
    assert results[4].prospect_id is None


@pytest.mark.parametrize("code", [3, 92, 192])
def test_every_code_for_a_missing_person_means_missing(pardot, client, writer, code):
    person = make(client, f"gone{code}")
    pardot.fault(path=PATH, method="PATCH", code=code)
    (result,) = writer.apply([wish(person, firstName="x")])
    assert (result.status, result.code) == (ProspectStatus.MISSING, str(code))


def test_archived_means_binned_whatever_says_so(pardot, client, writer):
    person = make(client, "archived")
    pardot.fault(path=PATH, method="PATCH", code=132)
    (result,) = writer.apply([wish(person, firstName="x")])
    assert result.status is ProspectStatus.BINNED
    warned = answer(b'{"code":109,"message":"m"}', "Pardot-Warning: 201;Bin", status="404 NF")
    with canned([warned]) as other:
        (result,) = ProspectWriter(other, read_back=()).apply([wish(1, firstName="x")])
    assert (result.status, result.code) == (ProspectStatus.BINNED, "109")


def test_a_refusal_without_a_code_names_its_status():
    with canned([answer(b"{}", status="400 Bad")]) as client:
        (result,) = ProspectWriter(client, read_back=()).apply([wish(1, firstName="x")])
    assert (result.status, result.code) == (ProspectStatus.REFUSED, "http_400")


def test_what_may_not_be_read_back_is_unconfirmed(pardot, client, writer):
    person = make(client, "unread")
    pardot.switch(unreadable_after_write=True)
    new = ProspectWrite("new", None, {}, email="unread2@writes.example.com")
    written, created = writer.apply([wish(person, firstName="Seen"), new])
    assert (written.status, written.updated_at, written.values) == (
        ProspectStatus.UNCONFIRMED,
        None,
        None,
    )
    assert seen(client, person)["firstName"] == "Seen"
    assert created.status is ProspectStatus.CREATED
    assert seen(client, created.prospect_id)["email"] == "unread2@writes.example.com"


def test_somebody_created_whose_id_was_not_told_is_unconfirmed():
    with canned([answer(b"", status="204 No Content")]) as client:
        wishes = [ProspectWrite("k", None, {}, add_to_lists=(1,), email="a@example.com")]
        (result,) = ProspectWriter(client, read_back=()).apply(wishes)
    assert (result.status, result.prospect_id) == (ProspectStatus.UNCONFIRMED, None)


def test_lists_change_after_the_fields_and_changing_them_twice_is_fine(pardot, client, writer):
    first, second = static_lists(client, 2)
    person = make(client, "lists")
    joining = ProspectWrite("k", person, {"firstName": "L"}, add_to_lists=(first, second, first))
    for _ in range(2):
        (result,) = writer.apply([joining])
        assert result.status is ProspectStatus.WRITTEN
    assert lists_of(client, person) == sorted([first, second])
    asked = [(e["method"], e["path"]) for e in pardot.requests("/api") if e["method"] != "GET"]
    assert asked[-3:] == [("PATCH", f"{PATH}/{person}"), ("POST", LISTS), ("POST", LISTS)]
    leaving = ProspectWrite("k", person, {}, remove_from_lists=(first,))
    for _ in range(2):
        (result,) = writer.apply([leaving])
        assert (result.status, result.updated_at) == (ProspectStatus.WRITTEN, None)
    assert lists_of(client, person) == [second]
    back = ProspectWrite("k", person, {}, add_to_lists=(first,))
    assert statuses(writer.apply([back])) == [ProspectStatus.WRITTEN]
    assert lists_of(client, person) == sorted([first, second])


def test_somebody_created_comes_on_lists(client, writer):
    (first,) = static_lists(client, 1)
    new = ProspectWrite("k", None, {}, add_to_lists=(first,), email="onlist@writes.example.com")
    (result,) = writer.apply([new])
    assert result.status is ProspectStatus.CREATED
    assert lists_of(client, result.prospect_id) == [first]


def test_a_membership_that_goes_meanwhile_is_gone_all_the_same(pardot, client, writer):
    (first,) = static_lists(client, 1)
    person = make(client, "race")
    writer.apply([ProspectWrite("k", person, {}, add_to_lists=(first,))])
    pardot.fault(path=LISTS, method="DELETE", reset=True, after=True)
    (result,) = writer.apply([ProspectWrite("k", person, {}, remove_from_lists=(first,))])
    assert result.status is ProspectStatus.WRITTEN
    assert lists_of(client, person) == []


def test_a_refused_list_is_told_though_the_fields_are_written(client, writer):
    person = make(client, "nolist")
    bad = ProspectWrite("k", person, {"firstName": "Half"}, add_to_lists=(999_999,))
    (result,) = writer.apply([bad])
    assert (result.status, result.code) == (ProspectStatus.REFUSED, "55")
    assert result.values["firstName"] == "Half"
    assert result.updated_at
    assert seen(client, person)["firstName"] == "Half"


def test_a_lost_answer_is_asked_for_again(pardot, client, writer):
    people = [make(client, f"lost{n}") for n in range(3)]
    pardot.fault(path=PATH, method="PATCH", reset=True, after=True)
    pardot.fault(path=PATH, method="PATCH", code=62)
    pardot.fault(path=f"{PATH}/do", method="POST", reset=True, after=True)
    new = ProspectWrite("new", None, {}, email="lost@writes.example.com")
    results = writer.apply([*(wish(p, firstName="Kept") for p in people), new])
    assert statuses(results) == [ProspectStatus.WRITTEN] * 4  # the second answer says: found
    page = client.query("prospects", ("id",), filters={"email": "lost@writes.example.com"})
    assert [row["id"] for row in page.rows] == [results[3].prospect_id]


def test_one_who_takes_too_long_is_in_doubt_and_the_others_are_written(pardot, client, writer):
    people = [make(client, f"slow{n}") for n in range(6)]
    pardot.fault(path=f"{PATH}/{people[2]}", method="PATCH", status=504, html=True, after=True)
    with pytest.raises(WritesInterrupted) as caught:
        writer.apply([wish(person, firstName="Slow") for person in people])
    error = caught.value
    assert error.failure_class is FailureClass.RETRY_LATER
    assert [r.prospect_id for r in error.done] == [*people[:2], *people[3:]]
    assert error.in_doubt == (f"p{people[2]}",)
    assert error.unsent == ()


def test_a_second_wish_for_the_same_person_does_not_overtake_the_first(pardot, client, writer):
    person, other = make(client, "first"), make(client, "other")
    pardot.fault(path=f"{PATH}/{person}", method="PATCH", status=504, html=True)
    with pytest.raises(WritesInterrupted) as caught:
        writer.apply(
            [
                ProspectWrite("first", person, {"firstName": "First"}),
                ProspectWrite("second", person, {"firstName": "Second"}),
                ProspectWrite("other", other, {"firstName": "Other"}),
            ]
        )
    assert [r.key for r in caught.value.done] == ["other"]
    assert (caught.value.in_doubt, caught.value.unsent) == (("first",), ("second",))
    assert seen(client, person)["firstName"] is None


def test_an_outage_ends_it_soon(pardot, client, writer):
    people = [make(client, f"out{n}") for n in range(20)]
    pardot.fault(times=1000, path=PATH, status=503, body="down")
    begun = client.calls
    with pytest.raises(WritesInterrupted) as caught:
        writer.apply([wish(person, firstName="x") for person in people])
    # Three in a row, those that are under way then, four attempts each.
    assert client.calls - begun <= (3 + 3) * 4
    error = caught.value
    assert error.done == ()
    assert {*error.in_doubt, *error.unsent} == {f"p{person}" for person in people}
    assert len(error.in_doubt) + len(error.unsent) == 20
    assert error.in_doubt


@pytest.mark.parametrize(
    ("action", "failure_class"),
    [
        ({"code": 122}, FailureClass.PAUSE_UNTIL_RESET),
        ({"code": 184}, FailureClass.RENEW_CREDENTIALS),
        ({"code": 201}, FailureClass.CONFIGURATION),
    ],
)
def test_limit_credentials_and_setup_stop_at_once(pardot, client, writer, action, failure_class):
    people = [make(client, f"stop{n}") for n in range(20)]
    for person in people[4:]:
        pardot.fault(times=2, path=f"{PATH}/{person}", **action)
    begun = client.calls
    with pytest.raises(WritesInterrupted) as caught:
        writer.apply([wish(person, firstName="x") for person in people])
    error = caught.value
    assert client.calls - begun <= 4 + 4 * 2
    assert (error.failure_class, error.code) == (failure_class, action["code"])
    assert error.in_doubt == ()
    written = [r.prospect_id for r in error.done]
    assert set(written) <= set(people[:4])
    assert [f"p{p}" for p in people if p not in written] == list(error.unsent)
    again = writer.apply([wish(p, firstName="x") for p in people[:4]])
    assert statuses(again) == [ProspectStatus.WRITTEN] * 4


def test_a_server_that_dies_leaves_what_it_had_in_doubt():
    lost, refused = b"", answer(b"<html>", "Content-Type: text/html", status="503 Down")
    with canned([lost, refused]) as client, pytest.raises(WritesInterrupted) as caught:
        ProspectWriter(client, read_back=()).apply([wish(1, firstName="x")])
    assert caught.value.in_doubt == ("p1",)


def test_an_error_tells_no_values(pardot, client, writer):
    person = make(client, "secret")
    pardot.fault(times=50, path=PATH, method="PATCH", code=122)
    with pytest.raises(WritesInterrupted) as caught:
        writer.apply([wish(person, firstName="Confidential")])
    assert "Confidential" not in str(caught.value)
    good = writer.apply([])
    assert good == []


def test_results_keep_values_out_of_their_text(client, writer):
    person = make(client, "repr")
    (result,) = writer.apply([wish(person, firstName="Confidential")])
    assert "Confidential" not in repr(result)


def test_four_calls_are_under_way_at_once(pardot, client, writer):
    people = [make(client, f"four{n}") for n in range(8)]
    pardot.fault(times=8, path=PATH, method="PATCH", delay_seconds=0.15)
    inside, most, lock = 0, 0, threading.Lock()
    real = client.update

    def counted(*args, **options):
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        try:
            return real(*args, **options)
        finally:
            with lock:
                inside -= 1

    client.update = counted
    results = writer.apply([wish(person, firstName="x") for person in people])
    assert statuses(results) == [ProspectStatus.WRITTEN] * 8
    assert most == 4


def test_the_calls_are_known_beforehand(client, writer):
    first, second = static_lists(client, 2)
    person = make(client, "planned")
    wishes = [
        wish(person, firstName="x"),
        ProspectWrite("a", None, {}, email="planned2@writes.example.com"),
        ProspectWrite("b", make(client, "planned3"), {}, add_to_lists=(first, second)),
    ]
    begun = client.calls
    planned = writer.plan_calls(wishes)
    writer.apply(wishes)
    assert client.calls - begun == planned == 4
    leaving = [ProspectWrite("b", wishes[2].prospect_id, {}, remove_from_lists=(first,))]
    begun = client.calls
    planned = writer.plan_calls(leaving)
    writer.apply(leaving)
    assert client.calls - begun == planned == 2
    assert writer.plan_calls([ProspectWrite("c", 1, {})]) == 0


def test_versions_are_read_for_those_who_are_there(pardot, client):
    one, binned = make(client, "version1"), make(client, "version2")
    client.delete("prospects", binned)
    begun = client.calls
    versions = current_versions(client, [binned, one, 999_999_999, one])
    assert client.calls - begun == 1
    assert versions[999_999_999] is None
    assert versions[one] == datetime.fromisoformat(seen(client, one)["updatedAt"])
    assert versions[binned] >= versions[one]
    assert current_versions(client, []) == {}

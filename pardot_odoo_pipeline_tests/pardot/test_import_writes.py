"""Writing many prospects: by import, with the same outcome as one by one, in few calls."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.pardot import import_writes
from pardot_odoo_pipeline.pardot.import_writes import import_files
from pardot_odoo_pipeline.pardot.paging import iter_pages
from pardot_odoo_pipeline.pardot.prospect_writes import (
    ProspectStatus,
    ProspectWrite,
    ProspectWriter,
    WritesInterrupted,
)

IMPORTS = "/api/v5/imports"
PROSPECTS = "/api/v5/objects/prospects"


@pytest.fixture
def quick(pardot):
    pardot.switch(import_waiting_seconds=0.0, import_base_seconds=0.0)
    return pardot


@pytest.fixture
def crowd(client, request):
    """Twelve prospects of this test's own."""
    name = "".join(c for c in request.node.name if c.isalnum())[:40]
    return [
        client.create(
            "prospects",
            {"email": f"{name}{n}@crowd.example.com", "firstName": f"F{n}", "company": "Old"},
            ("id",),
        )["id"]
        for n in range(12)
    ]


@pytest.fixture
def writer(client):
    return ProspectWriter(client, read_back=("score",), import_from=5)


def wish(person, **values):
    return ProspectWrite(f"p{person}", person, values)


def read(client, people, *fields):
    page = client.query("prospects", ("id", *fields), filters={"idList": people}, order_by="id")
    return {row["id"]: tuple(row[name] for name in fields) for row in page.rows}


def made(pardot):
    return len(
        [e for e in pardot.requests(IMPORTS) if (e["method"], e["path"]) == ("POST", IMPORTS)]
    )


def statuses(results):
    return [result.status for result in results]


def members(client, list_id, people):
    pages = iter_pages(client, "list-memberships", ("prospectId",), filters={"listId": list_id})
    return {row["prospectId"] for rows in pages for row in rows} & set(people)


def static_lists(client, count):
    page = client.query("lists", ("id", "isDynamic"), order_by="id")
    return [row["id"] for row in page.rows if not row["isDynamic"]][:count]


def test_a_crowd_costs_one_import(quick, client, writer, crowd):
    begun = client.calls
    results = writer.apply([wish(p, firstName=f"N{p}", isDoNotCall=True) for p in crowd])
    assert statuses(results) == [ProspectStatus.UNCONFIRMED] * 12
    assert [(r.key, r.prospect_id) for r in results] == [(f"p{p}", p) for p in crowd]
    assert all((r.updated_at, r.values, r.code) == (None, None, None) for r in results)
    assert client.calls - begun < 12
    assert made(quick) == 1
    assert read(client, crowd, "firstName", "isDoNotCall") == {p: (f"N{p}", True) for p in crowd}


def test_few_people_are_written_one_by_one(quick, client, writer, crowd):
    results = writer.apply([wish(p, firstName="N") for p in crowd[:4]])
    assert statuses(results) == [ProspectStatus.WRITTEN] * 4
    assert made(quick) == 0


def test_nobody_loses_a_field_that_was_not_named(quick, client, writer, crowd):
    names, companies, both = crowd[:5], crowd[5:7], crowd[7:]
    results = writer.apply(
        [
            *(wish(p, firstName=None) for p in names),
            *(wish(p, company="New") for p in companies),
            *(wish(p, firstName="B", company=None) for p in both),
        ]
    )
    assert made(quick) == 2  # the two of a kind are not worth one
    assert statuses(results)[5:7] == [ProspectStatus.WRITTEN] * 2
    after = read(client, crowd, "firstName", "company")
    assert [after[p] for p in names] == [(None, "Old")] * 5
    assert [after[p][1] for p in companies] == ["New"] * 2
    assert all(after[p][0].startswith("F") for p in companies)
    assert [after[p] for p in both] == [("B", None)] * 5


def test_accounts_that_ignore_blanks_are_told_to_clear(quick, client, writer, crowd):
    quick.switch(import_null_overwrite=False)
    writer.apply([wish(p, firstName=None, company="New") for p in crowd])
    assert set(read(client, crowd, "firstName", "company").values()) == {(None, "New")}


def test_values_take_the_same_forms_as_one_by_one(quick, client, crowd):
    client.create("custom-fields", {"name": "B", "fieldId": "bulkTastes", "type": "multi-select"})
    client.create("custom-fields", {"name": "D", "fieldId": "bulkSigned", "type": "date"})
    client.create("custom-fields", {"name": "N", "fieldId": "bulkWeight", "type": "number"})
    wanted = {
        "bulkTastes__c": ("sweet", "sour"),
        "bulkSigned__c": date(2026, 3, 1),
        "bulkWeight__c": 71.5,
        "score": 40,
        "optedOut": True,
        "isDoNotEmail": False,
        "comments": 'a "quoted"\nline; 株式会社, and more',
    }
    one, *others = crowd
    ProspectWriter(client, read_back=()).apply([wish(one, **wanted)])
    results = ProspectWriter(client, read_back=(), import_from=2).apply(
        [wish(p, **wanted) for p in others]
    )
    assert set(statuses(results)) == {ProspectStatus.UNCONFIRMED}
    expected = client.get("prospects", one, tuple(wanted))
    assert expected["bulkTastes__c"] == ["sweet", "sour"]
    assert all(client.get("prospects", p, tuple(wanted)) == expected for p in others)


def test_what_a_file_cannot_say_is_written_one_by_one(quick, client, writer, crowd):
    client.create("custom-fields", {"name": "S", "fieldId": "semicolons", "type": "multi-select"})
    first, second = static_lists(client, 2)
    user = client.users()[0]["id"]
    client.update("prospects", crowd[1], {"userId": user})
    awkward = [
        wish(crowd[0], semicolons__c=["a;b", "c"]),
        wish(crowd[1], userId=None),
        ProspectWrite("lists", crowd[2], {}, add_to_lists=(first, second)),
        wish(crowd[3], firstName="once"),
        wish(crowd[3], firstName="twice"),
        wish(crowd[4], firstName=datetime(2026, 1, 1)),  # noqa: DTZ001
        ProspectWrite("new", None, {"firstName": "New"}, email="awkward@crowd.example.com"),
        wish(crowd[5]),
    ]
    results = writer.apply([*awkward, *(wish(p, firstName="x") for p in crowd[6:])])
    assert statuses(results) == [
        *[ProspectStatus.WRITTEN] * 5,
        ProspectStatus.REFUSED,
        ProspectStatus.CREATED,
        ProspectStatus.WRITTEN,
        *[ProspectStatus.UNCONFIRMED] * 6,
    ]
    row = client.get("prospects", crowd[0], ("semicolons__c",))
    assert row["semicolons__c"] == ["a;b", "c"]
    assert client.get("prospects", crowd[1], ("userId",))["userId"] is None
    assert members(client, first, crowd) == members(client, second, crowd) == {crowd[2]}
    assert client.get("prospects", crowd[3], ("firstName",))["firstName"] == "twice"


def test_lists_travel_in_the_same_file(quick, client, writer, crowd):
    first, second = static_lists(client, 2)
    joining = [
        ProspectWrite(f"p{p}", p, {"firstName": "L"}, add_to_lists=(first,)) for p in crowd[:6]
    ]
    plain = [wish(p, firstName="P") for p in crowd[6:]]
    writer.apply([*joining, *plain])
    assert made(quick) == 1
    assert members(client, first, crowd) == set(crowd[:6])
    moving = [
        ProspectWrite(f"p{p}", p, {}, add_to_lists=(second,), remove_from_lists=(first,))
        for p in crowd[:6]
    ]
    results = writer.apply(moving)
    assert statuses(results) == [ProspectStatus.UNCONFIRMED] * 6
    assert members(client, first, crowd) == set()
    assert members(client, second, crowd) == set(crowd[:6])
    assert read(client, crowd[:1], "firstName") == {crowd[0]: ("L",)}


def test_each_failed_row_finds_its_person(quick, client, writer, crowd):
    quick.switch(import_bin_rows="error")
    client.delete("prospects", crowd[0])
    wishes = [
        wish(crowd[0], score=1),
        wish(999_999_999, score=1),
        wish(crowd[1], score="many"),
        *(wish(p, score=7) for p in crowd[2:]),
    ]
    results = writer.apply(wishes)
    assert [(r.status, r.code) for r in results[:3]] == [
        (ProspectStatus.BINNED, "132"),
        (ProspectStatus.MISSING, "92"),
        (ProspectStatus.REFUSED, "29"),
    ]
    assert [r.prospect_id for r in results[:3]] == [crowd[0], 999_999_999, crowd[1]]
    assert statuses(results[3:]) == [ProspectStatus.UNCONFIRMED] * 10
    assert set(read(client, crowd[2:], "score").values()) == {(7,)}
    assert read(client, crowd[1:2], "score") == {crowd[1]: (0,)}


def test_people_whom_the_account_leaves_out_silently_are_found(quick, client, writer, crowd):
    quick.switch(import_bin_rows="skip")
    client.delete("prospects", crowd[0])
    results = writer.apply([wish(p, firstName="Kept") for p in crowd])
    assert (results[0].status, results[0].code) == (ProspectStatus.BINNED, "132")
    assert statuses(results[1:]) == [ProspectStatus.UNCONFIRMED] * 11


@pytest.mark.parametrize(
    "text",
    ["score,error\nmany,Invalid score\n", "row,error\n3,Invalid score\n", "", "matchId,error\n"],
    ids=["no_ids", "numbers_of_rows", "empty", "no_rows"],
)
def test_where_the_list_of_errors_names_nobody_nobody_counts_as_written(
    quick, client, writer, crowd, text
):
    wishes = [wish(crowd[0], score="many"), *(wish(p, score=9) for p in crowd[1:])]
    quick.fault(path=f"{IMPORTS}/*/errors", status=200, body=text)
    results = writer.apply(wishes)
    assert {(r.status, r.code) for r in results} == {(ProspectStatus.REFUSED, "import_unnamed")}
    assert set(read(client, crowd[1:], "score").values()) == {(9,)}, "they are: it was not told"


def test_a_list_of_errors_in_any_order_with_repetitions(quick, client, writer, crowd):
    quick.fault(
        path=f"{IMPORTS}/*/errors",
        status=200,
        body=f"score,MATCHID,error\nx,{crowd[3]},Invalid number\ny,{crowd[1]},Invalid date\n"
        f"x,{crowd[3]},Invalid number\n",
    )
    bad = {crowd[1]: "y", crowd[3]: "x"}
    results = writer.apply([wish(p, score=bad.get(p, 7)) for p in crowd])
    told = {r.prospect_id: r.code for r in results if r.status is ProspectStatus.REFUSED}
    assert told == {crowd[1]: "57", crowd[3]: "56"}


def test_a_reason_without_a_number_is_a_refusal_without_its_text(quick, client, writer, crowd):
    quick.fault(
        path=f"{IMPORTS}/*/errors",
        status=200,
        body=f"matchId,score,error\n{crowd[0]},x,Strange thing about Ada\n",
    )
    wishes = [wish(crowd[0], score="x"), *(wish(p, score=7) for p in crowd[1:])]
    results = writer.apply(wishes)
    assert (results[0].status, results[0].code) == (ProspectStatus.REFUSED, "import_row")
    assert "Ada" not in repr(results)


def test_an_unknown_field_refuses_those_who_name_it(quick, client, writer, crowd):
    wishes = [wish(p, noSuchField="x") for p in crowd[:6]]
    wishes += [wish(p, firstName="Known") for p in crowd[6:]]
    results = writer.apply(wishes)
    assert [(r.status, r.code) for r in results[:6]] == [(ProspectStatus.REFUSED, "130")] * 6
    assert statuses(results[6:]) == [ProspectStatus.UNCONFIRMED] * 6
    assert set(read(client, crowd[6:], "firstName").values()) == {("Known",)}


def test_a_failed_import_leaves_its_people_in_doubt(quick, client, writer, crowd):
    quick.switch(import_fails=True)
    few = [wish(p, company="Single") for p in crowd[:2]]
    many = [wish(p, firstName="Many") for p in crowd[2:]]
    with pytest.raises(WritesInterrupted) as caught:
        writer.apply([*few, *many])
    error = caught.value
    assert error.failure_class is FailureClass.RETRY_LATER
    assert [r.prospect_id for r in error.done] == crowd[:2]
    assert error.in_doubt == tuple(f"p{p}" for p in crowd[2:])
    assert error.unsent == ()


def test_the_days_limit_stops_before_anything_is_written(quick, client, writer, crowd):
    quick.switch(import_daily_batches=0)
    few = [wish(p, company="Single") for p in crowd[:2]]
    many = [wish(p, firstName="Many") for p in crowd[2:]]
    with pytest.raises(WritesInterrupted) as caught:
        writer.apply([*few, *many])
    assert caught.value.failure_class is FailureClass.PAUSE_UNTIL_RESET
    assert caught.value.unsent == tuple(f"p{p}" for p in crowd)
    assert set(read(client, crowd, "company").values()) == {("Old",)}


def test_losing_sight_of_an_import_is_doubt(quick, client, writer, crowd):
    quick.fault(times=100, path=f"{IMPORTS}/*", method="GET", status=503, body="down")
    with pytest.raises(WritesInterrupted) as caught:
        writer.apply([wish(p, firstName="Seen") for p in crowd])
    assert caught.value.in_doubt == tuple(f"p{p}" for p in crowd)
    quick.control("DELETE", "/faults")
    again = writer.apply([wish(p, firstName="Seen") for p in crowd])
    assert statuses(again) == [ProspectStatus.UNCONFIRMED] * 12


def test_patience_with_an_import_has_an_end(pardot, client, crowd):
    pardot.switch(import_waiting_seconds=36000.0)
    writer = ProspectWriter(client, read_back=(), import_from=5, import_patience=60.0)
    with pytest.raises(WritesInterrupted) as caught:
        writer.apply([wish(p, firstName="Late") for p in crowd])
    assert caught.value.in_doubt == tuple(f"p{p}" for p in crowd)
    assert len([e for e in pardot.requests(IMPORTS) if e["method"] == "GET"]) < 12
    pardot.advance(hours=12)


def test_the_calls_of_imports_are_estimated(quick, client, writer, crowd):
    wishes = [wish(p, firstName="x") for p in crowd]
    planned = writer.plan_calls(wishes)
    begun = client.calls
    writer.apply(wishes)
    assert client.calls - begun <= planned <= 12
    assert writer.plan_calls(wishes * 2) == 24  # twice the same people: one by one


def table(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_large_files_are_cut_into_batches_and_imports(monkeypatch):
    monkeypatch.setattr(import_writes, "_BATCH_BYTES", 1000)
    wishes = [wish(n, comments="x" * 80, company=None if n == 700 else "c") for n in range(1, 801)]
    files = import_files(wishes, 50)
    assert [len(file.batches) for file in files][:-1] == [10] * (len(files) - 1)
    assert len(files) > 3
    assert all(len(data) <= 1000 for file in files for data in file.batches)
    assert [p for file in files for p in file.positions] == list(range(800))
    for file in files:
        rows = [row for data in file.batches for row in table(data)]
        assert [int(row["matchId"]) for row in rows] == [n + 1 for n in file.positions]
    assert [file.clears for file in files].count(True) == 1


def test_a_batch_stays_below_ten_megabytes():
    files = import_files([wish(n, comments="x" * 60_000) for n in range(1, 400)], 50)
    (file,) = files
    assert len(file.batches) == 3
    assert max(len(data) for data in file.batches) < 10_000_000


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.lists(st.text("ab;,\n", max_size=3), max_size=3),
)
WISHES = st.builds(
    ProspectWrite,
    key=st.just("k"),
    prospect_id=st.integers(1, 60),
    values=st.dictionaries(st.sampled_from(["firstName", "company", "userId", "x__c"]), VALUES),
    add_to_lists=st.lists(st.integers(1, 3), max_size=2).map(tuple),
    remove_from_lists=st.lists(st.integers(1, 3), max_size=2).map(tuple),
)


@given(st.lists(WISHES, max_size=60), st.integers(1, 60))
def test_a_file_says_of_each_person_exactly_what_was_wished(wishes, import_from):
    taken = []
    for file in import_files(wishes, import_from):
        taken += file.positions
        rows = [row for data in file.batches for row in table(data)]
        assert len(rows) == len(file.positions)
        for row, position in zip(rows, file.positions, strict=True):
            it = wishes[position]
            assert row.pop("matchId") == str(it.prospect_id)
            lists = [row.pop("addToList", ""), row.pop("removeFromList", "")]
            assert lists == [
                "".join(map(str, set(it.add_to_lists))),
                "".join(map(str, set(it.remove_from_lists))),
            ]
            assert set(row) == set(it.values)
            for name, value in it.values.items():
                assert (row[name] == "") == (value in (None, "", []))
                if isinstance(value, str):
                    assert row[name] == value
                if isinstance(value, list) and value:
                    assert row[name].split(";") == value
                assert file.clears or row[name] != ""
    assert len(taken) == len(set(taken))
    people = [wishes[n].prospect_id for n in taken]
    assert len(people) == len(set(people))
    assert not taken or len(taken) >= min(import_from, 20)

"""Fields with several values: found by their definitions, read one by one or by export."""

from datetime import timedelta

import pytest

from pardot_odoo_pipeline.pardot.errors import PardotBadRequest, PardotQuotaExceeded
from pardot_odoo_pipeline.pardot.unqueryable import (
    Way,
    cheaper_way,
    export_of,
    read_singly,
    unqueryable_fields,
)

PATH = "/api/v5/objects/prospects"


@pytest.fixture(scope="module")
def hobbies():
    return "hobbies__c"


@pytest.fixture
def people(pardot, client, hobbies):
    if hobbies not in {f"{row['fieldId']}__c" for row in client.custom_fields()}:
        definition = {"name": "Hobbies", "fieldId": "hobbies", "type": "multi-select"}
        client.create("custom-fields", definition)
    values = (["chess"], ["chess", "golf"], None)
    pardot.advance(days=1)
    return [
        client.create("prospects", {"email": f"h{n}@multi.example.com", hobbies: value}, ("id",))[
            "id"
        ]
        for n, value in enumerate(values)
    ]


def test_the_definitions_tell_what_a_query_cannot_return(client, people, hobbies):
    client.create(
        "custom-fields",
        {
            "name": "Many",
            "fieldId": "manyAnswers",
            "type": "text",
            "isRecordMultipleResponses": True,
        },
    )
    definitions = client.custom_fields()
    names = [f"{row['fieldId']}__c" for row in definitions]
    wanted = ["email", "score", hobbies, *names]
    unqueryable = unqueryable_fields(definitions, wanted)
    assert {hobbies, "manyAnswers__c"} <= unqueryable
    client.query("prospects", [name for name in wanted if name not in unqueryable], limit=1)
    for name in unqueryable:
        with pytest.raises(PardotBadRequest):
            client.query("prospects", ["id", name], limit=1)


def test_the_types_are_read_whatever_their_case():
    definitions = [
        {"fieldId": "a", "type": "Multi-Select"},
        {"fieldId": "b", "type": "Checkbox", "isRecordMultipleResponses": False},
        {"fieldId": "c", "type": "Text", "isRecordMultipleResponses": None},
        {"fieldId": "d", "type": None},
    ]
    names = ("a__c", "B__c", "c__c", "d__c", "email", "a")
    assert unqueryable_fields(definitions, names) == {"a__c", "B__c"}


def test_people_are_read_one_by_one(pardot, client, people, hobbies):
    one, two, three = people
    client.delete("prospects", three)
    before = len(pardot.requests(PATH))
    got = read_singly(client, [*people, one, 999_999_999], ["email", hobbies])
    assert got == {
        one: {"id": one, "email": "h0@multi.example.com", hobbies: ["chess"]},
        two: {"id": two, "email": "h1@multi.example.com", hobbies: ["chess", "golf"]},
    }
    assert len(pardot.requests(PATH)) - before == 4


def test_a_limit_reached_meanwhile_ends_it(pardot, client, people):
    pardot.fault(times=100, path=PATH, code=122)
    begun = client.calls
    with pytest.raises(PardotQuotaExceeded):
        read_singly(client, range(1, 100), ["email"])
    assert client.calls - begun < 20


def test_an_export_gives_the_same(pardot, client, people, hobbies):
    pardot.switch(export_waiting_seconds=0.0, export_base_seconds=0.0)
    until = client.clock.now() + timedelta(minutes=1)
    since = until - timedelta(hours=2)
    one, two, three = people
    got = export_of(client, [hobbies], since, until, ids=[one, two], several=[hobbies])
    assert got == {
        one: {"id": str(one), hobbies: ["chess"]},
        two: {"id": str(two), hobbies: ["chess", "golf"]},
    }
    everybody = export_of(client, ["email", hobbies], since, until)
    assert set(people) <= set(everybody)
    assert everybody[three][hobbies] is None
    assert everybody[two][hobbies] == "chess;golf"


def test_the_cheaper_way_is_taken_and_its_price_is_told(pardot, client, people, hobbies):
    assert cheaper_way(3) == Way("read", 3)
    assert cheaper_way(0) == Way("read", 0)
    crowd = cheaper_way(5000)
    assert crowd.kind == "export"
    assert cheaper_way(crowd.calls) == Way("read", crowd.calls)
    assert cheaper_way(crowd.calls + 1) == crowd
    assert cheaper_way(5000, windows=3).calls == 3 * crowd.calls
    pardot.switch(export_waiting_seconds=0.0, export_base_seconds=0.0)
    begun, until = client.calls, client.clock.now() + timedelta(minutes=1)
    export_of(client, [hobbies], until - timedelta(hours=2), until)
    assert client.calls - begun <= crowd.calls

"""Fields made over the external API, as provisioning makes them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooBadValue, OdooError, OdooValidationError
from pardot_odoo_pipeline_tests.contract.support import (
    OdooUnderTest,
    address,
    lead,
    one,
    partner,
)


def model_id(client: OdooClient, model: str) -> int:
    return client.search("ir.model", [["model", "=", model]])[0]


def field(client: OdooClient, model: str, ttype: str, **more: Any) -> dict[str, Any]:
    """The values of a new field with a name of its own."""
    name = more.pop("name", f"x_t_{uuid.uuid4().hex[:8]}")
    return {
        "name": name,
        "field_description": more.pop("label", f"Field {name}"),
        "model_id": model_id(client, model),
        "ttype": ttype,
        "state": "manual",
        **more,
    }


def make(client: OdooClient, *fields: dict[str, Any]) -> list[str]:
    client.create("ir.model.fields", list(fields))
    return [values["name"] for values in fields]


def test_every_type_at_once_and_the_values_read_back(client: OdooClient) -> None:
    kinds = ("char", "text", "integer", "float", "boolean", "date", "datetime")
    names = make(client, *(field(client, "crm.lead", kind) for kind in kinds))
    told = client.fields_get("crm.lead", names, ["type", "store", "readonly", "string", "required"])
    assert [told[name]["type"] for name in names] == list(kinds)
    assert {told[name]["store"] for name in names} == {True}
    assert {told[name]["readonly"] for name in names} == {False}
    assert told[names[0]]["string"] == f"Field {names[0]}"
    empty = lead(client)
    assert list(one(client, "crm.lead", empty, *names).values()) == [
        False,
        False,
        0,
        0.0,
        False,
        False,
        False,
    ]
    given = ["a", "b", 3, 1.5, True, "2026-03-01", "2026-03-01 10:11:12"]
    made = lead(client, **dict(zip(names, given, strict=True)))
    assert list(one(client, "crm.lead", made, *names).values()) == given
    assert client.search("crm.lead", [[names[0], "=", "a"]]) == [made]
    assert client.search("crm.lead", [[names[2], ">", 2]]) == [made]


def test_an_index_is_kept_in_the_definition(client: OdooClient) -> None:
    values = field(client, "crm.lead", "char", index=True, copied=False)
    make(client, values)
    domain = [["model", "=", "crm.lead"], ["name", "=", values["name"]]]
    row = client.search_read(
        "ir.model.fields",
        domain,
        ["index", "copied", "ttype", "state", "store", "size", "model_id"],
    )[0]
    row.pop("id")
    row["model_id"] = row["model_id"][0]
    assert row == {
        "index": True,
        "copied": False,
        "ttype": "char",
        "state": "manual",
        "store": True,
        "size": 0,
        "model_id": values["model_id"],
    }


def test_a_size_cuts_without_a_word(client: OdooClient) -> None:
    (name,) = make(client, field(client, "crm.lead", "char", size=18))
    made = lead(client, **{name: "x" * 30})
    assert one(client, "crm.lead", made, name) == "x" * 18
    client.write("crm.lead", [made], {name: "é" * 19})
    assert one(client, "crm.lead", made, name) == "é" * 18


def test_a_selection_takes_its_keys_only(client: OdooClient) -> None:
    options = [("a_plus", "A+"), ("a", "A"), ("f", "F")]
    values = field(
        client,
        "crm.lead",
        "selection",
        selection_ids=[
            [0, 0, {"value": key, "name": label, "sequence": n}]
            for n, (key, label) in enumerate(options)
        ],
    )
    (name,) = make(client, values)
    told = client.fields_get("crm.lead", [name], ["selection"])[name]["selection"]
    assert told == [list(option) for option in options]
    made = lead(client, **{name: "a_plus"})
    assert one(client, "crm.lead", made, name) == "a_plus"
    with pytest.raises(OdooBadValue, match=f"{name} does not allow the value"):
        client.write("crm.lead", [made], {name: "A+"})
    domain = [["model", "=", "crm.lead"], ["name", "=", name]]
    made_field = client.search("ir.model.fields", domain)[0]
    client.create(
        "ir.model.fields.selection",
        [{"field_id": made_field, "value": "g", "name": "G", "sequence": 9}],
    )
    client.write("crm.lead", [made], {name: "g"})
    assert one(client, "crm.lead", made, name) == "g"


def test_a_many2one(odoo: OdooUnderTest) -> None:
    client = odoo.client
    (name,) = make(client, field(client, "crm.lead", "many2one", relation="res.partner.industry"))
    industry = client.search("res.partner.industry", [], limit=1, order="id")[0]
    made = lead(client, **{name: industry})
    assert one(client, "crm.lead", made, name)[0] == industry


@pytest.mark.parametrize(("model", "mail"), [("crm.lead", "email_from"), ("res.partner", "email")])
def test_a_stored_related_key_follows_the_address(
    client: OdooClient, model: str, mail: str
) -> None:
    make_record = lead if model == "crm.lead" else partner
    first = address()
    before = make_record(client, **{mail: first.upper()})
    (name,) = make(
        client,
        field(
            client,
            model,
            "char",
            related="email_normalized",
            store=True,
            index=True,
            readonly=True,
        ),
    )
    assert one(client, model, before, name) == first, "also for records that were there"
    made = make_record(client, **{mail: f"  {address()} "})
    key = one(client, model, made, name)
    assert key == one(client, model, made, "email_normalized")
    assert client.search(model, [[name, "=", key]]) == [made]
    second = address()
    client.write(model, [made], {mail: second.title()})
    assert client.search(model, [[name, "=", second]]) == [made]
    assert client.search(model, [[name, "=", key]]) == []
    client.write(model, [made], {mail: False})
    assert one(client, model, made, name) is False
    told = client.fields_get(model, [name], ["readonly", "store", "related"])[name]
    assert (told["readonly"], told["store"]) == (True, True)


def test_the_key_of_a_lead_follows_its_contact(client: OdooClient) -> None:
    (name,) = make(
        client, field(client, "crm.lead", "char", related="email_normalized", store=True)
    )
    person = partner(client, email=address())
    made = lead(client, partner_id=person)
    new = address()
    client.write("res.partner", [person], {"email": new})
    assert one(client, "crm.lead", made, name) == new


def test_a_default_for_all_is_set_once(client: OdooClient) -> None:
    (name,) = make(client, field(client, "crm.lead", "integer"))
    client.call("ir.default", "set", model_name="crm.lead", field_name=name, value=7)
    assert one(client, "crm.lead", lead(client), name) == 7
    assert one(client, "crm.lead", lead(client, **{name: 3}), name) == 3


def test_names_must_be_new_and_begin_with_x(client: OdooClient) -> None:
    (name,) = make(client, field(client, "crm.lead", "char"))
    with pytest.raises(OdooValidationError, match="the field already exists"):
        make(client, field(client, "crm.lead", "char", name=name))
    with pytest.raises(OdooValidationError):
        make(client, field(client, "crm.lead", "char", name="pardot_id"))


def test_a_field_can_be_removed(client: OdooClient) -> None:
    (name,) = make(client, field(client, "crm.lead", "char"))
    found = client.search("ir.model.fields", [["name", "=", name]])
    client.unlink("ir.model.fields", found)
    assert client.fields_get("crm.lead", [name], ["type"]) == {}
    with pytest.raises(OdooBadValue):
        lead(client, **{name: "x"})


def test_fields_can_be_loaded_under_external_ids(client: OdooClient) -> None:
    name = f"x_t_{uuid.uuid4().hex[:8]}"
    columns = ["id", "name", "field_description", "model_id/.id", "ttype", "state", "index"]
    rows = [[f"pardot.field_{name}", name, "Loaded", model_id(client, "crm.lead"), "char"]]
    rows[0] += ["manual", "1"]
    told = client.load("ir.model.fields", columns, rows)
    assert told["messages"] == []
    assert client.fields_get("crm.lead", [name], ["type", "string"]) == {
        name: {"type": "char", "string": "Loaded"}
    }


def test_a_plain_salesperson_makes_no_fields_but_uses_them(
    client: OdooClient, sales: OdooClient
) -> None:
    values = field(client, "crm.lead", "char")
    with pytest.raises(OdooError) as caught:
        sales.create("ir.model.fields", [values])
    assert caught.value.code == "odoo.exceptions.AccessError"
    make(client, values)
    made = lead(sales, **{values["name"]: "mine"})
    assert one(sales, "crm.lead", made, values["name"]) == "mine"
    told = sales.load("crm.lead", [".id", values["name"]], [[made, "loaded"]])
    assert told["messages"] == []
    assert one(sales, "crm.lead", made, values["name"]) == "loaded"


def test_what_models_there_are(client: OdooClient) -> None:
    rows = client.search_read(
        "ir.model", [["model", "in", ["crm.lead", "res.partner"]]], ["model", "name"]
    )
    assert {row["model"]: row["name"] for row in rows} == {
        "crm.lead": "Lead",
        "res.partner": "Contact",
    }

"""The names and the words of Odoo's errors, on both protocols."""

from __future__ import annotations

from typing import Any

import pytest

from pardot_odoo_pipeline.odoo.errors import (
    OdooBadValue,
    OdooError,
    OdooMissingError,
    OdooValidationError,
)
from pardot_odoo_pipeline_tests.contract.support import OdooUnderTest, unique

SECRET = "Wilhelmina-4711"
GONE = 999_999_999

# method, arguments, exception's name, beginning of its message, status in JSON-2, our type
CASES: list[tuple[str, dict[str, Any], str, str, int, type[OdooError]]] = [
    (
        "create",
        {"vals_list": [{"name": SECRET, "nofield": SECRET}]},
        "builtins.ValueError",
        "Invalid field 'nofield' in 'crm.lead'",
        500,
        OdooBadValue,
    ),
    (
        "create",
        {"vals_list": [{"name": "x", "type": SECRET}]},
        "builtins.ValueError",
        f"Wrong value for crm.lead.type: '{SECRET}'",
        500,
        OdooBadValue,
    ),
    (
        "create",
        {"vals_list": [{"name": "x", "date_deadline": SECRET}]},
        "builtins.ValueError",
        f"time data '{SECRET[:10]}' does not match format '%Y-%m-%d'",
        500,
        OdooBadValue,
    ),
    (
        "create",
        {"vals_list": [{"name": "x", "expected_revenue": SECRET}]},
        "builtins.ValueError",
        "could not convert string to float:",
        500,
        OdooBadValue,
    ),
    (
        "create",
        {"vals_list": [{"name": "x", "color": SECRET}]},
        "builtins.ValueError",
        "invalid literal for int() with base 10:",
        500,
        OdooBadValue,
    ),
    (
        "create",
        {"vals_list": [{"name": "x", "color": 2**31}]},
        "psycopg2.errors.NumericValueOutOfRange",
        "integer out of range",
        500,
        OdooBadValue,
    ),
    (
        "create",
        {"vals_list": [{"name": "x", "city": "a\0b"}]},
        "builtins.ValueError",
        "A string literal cannot contain NUL (0x00) characters.",
        500,
        OdooBadValue,
    ),
    (
        "create",
        {"vals_list": [{"name": "x", "partner_id": SECRET}]},
        "psycopg2.errors.InvalidTextRepresentation",
        "invalid input syntax for type integer",
        500,
        OdooBadValue,
    ),
    (
        "create",
        {"vals_list": [{"type": "lead"}]},
        "odoo.exceptions.ValidationError",
        "The operation cannot be completed: Missing required value for the field "
        "'Opportunity' (name).\nModel: 'Lead' (crm.lead)",
        422,
        OdooValidationError,
    ),
    (
        "create",
        {"vals_list": [{"name": "x", "source_id": GONE}]},
        "odoo.exceptions.ValidationError",
        "The operation cannot be completed: Another model is using the record you are trying to "
        "delete.",
        422,
        OdooValidationError,
    ),
    (
        "write",
        {"ids": [GONE], "vals": {"name": SECRET}},
        "odoo.exceptions.MissingError",
        f"Record does not exist or has been deleted.\n(Record: crm.lead({GONE},), User: ",
        404,
        OdooMissingError,
    ),
    (
        "unlink",
        {"ids": [GONE]},
        "odoo.exceptions.MissingError",
        f"Record does not exist or has been deleted.\n(Record: crm.lead({GONE},), User: ",
        404,
        OdooMissingError,
    ),
    (
        "search",
        {"domain": [["nofield", "=", SECRET]]},
        "builtins.ValueError",
        f"Invalid field crm.lead.nofield in condition ('nofield', '=', '{SECRET}')",
        500,
        OdooBadValue,
    ),
    (
        "search",
        {"domain": [["name", "~~", SECRET]]},
        "builtins.ValueError",
        "Invalid operator in condition ('name', '~~', ",
        500,
        OdooBadValue,
    ),
    (
        "search_read",
        {"domain": [], "fields": ["nofield"]},
        "builtins.ValueError",
        "Invalid field 'nofield' on 'crm.lead'",
        500,
        OdooBadValue,
    ),
]


@pytest.mark.parametrize(
    ("method", "named", "name", "message", "status", "error"),
    CASES,
    ids=[f"{case[0]}-{case[3][:24]}" for case in CASES],
)
def test_an_error_has_this_name_and_these_words(
    odoo: OdooUnderTest,
    method: str,
    named: dict[str, Any],
    name: str,
    message: str,
    status: int,
    error: type[OdooError],
) -> None:
    answer = odoo.raw_json2("crm.lead", method, named)
    told = answer.json()
    assert (answer.status_code, told["name"]) == (status, name)
    assert told["message"].startswith(message)
    assert told["arguments"][0] == told["message"]
    assert told["context"] == {}

    rest = dict(named)
    args = [rest.pop(key) for key in ("ids", "vals_list") if key in rest]
    outer = odoo.execute_kw("crm.lead", method, args, rest)["error"]
    assert (outer["code"], outer["message"]) == (0, "Odoo Server Error")
    assert outer["data"]["name"] == name
    assert outer["data"]["message"].startswith(message)

    for client in (odoo.client, odoo.rpc):
        with pytest.raises(OdooError) as caught:
            client.call("crm.lead", method, **named)
        assert type(caught.value) is error
        assert caught.value.code == name
        assert SECRET not in repr(caught.value)
        assert not caught.value.in_doubt


def test_uniqueness_is_a_validation_error(odoo: OdooUnderTest) -> None:
    tag = unique("tag")
    odoo.client.create("crm.tag", [{"name": tag}])
    answer = odoo.raw_json2("crm.tag", "create", {"vals_list": [{"name": tag}]})
    assert (answer.status_code, answer.json()["name"]) == (422, "odoo.exceptions.ValidationError")
    assert answer.json()["message"] == (
        "The operation cannot be completed: Tag name already exists!"
    )
    with pytest.raises(OdooValidationError, match="the tag name already exists"):
        odoo.client.create("crm.tag", [{"name": tag}])


def test_a_contact_needs_a_name_unless_it_is_only_an_address(odoo: OdooUnderTest) -> None:
    with pytest.raises(OdooValidationError, match="a contact needs a name"):
        odoo.client.create("res.partner", [{"name": False}])
    parent = odoo.client.create("res.partner", [{"name": unique()}])[0]
    address = {"name": False, "type": "invoice", "parent_id": parent}
    assert odoo.client.create("res.partner", [address])


def test_a_parent_cannot_be_its_own_child(odoo: OdooUnderTest) -> None:
    made = odoo.client.create("res.partner.category", [{"name": unique()}])
    with pytest.raises(OdooError) as caught:
        odoo.client.write("res.partner.category", made, {"parent_id": made[0]})
    assert caught.value.code == "odoo.exceptions.UserError"
    assert "its own parent" in str(caught.value)


def test_writing_an_unknown_field_fails_like_creating(odoo: OdooUnderTest) -> None:
    made = odoo.client.create("crm.lead", [{"name": unique(), "type": "lead"}])
    with pytest.raises(OdooBadValue, match=r"crm\.lead has no field mobile"):
        odoo.client.write("crm.lead", made, {"mobile": "1"})

"""How Odoo stores and shows what it is given: the forms that must not look like edits."""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooBadValue
from pardot_odoo_pipeline_tests.contract.support import OdooUnderTest, lead, one, partner


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("plain words", "<p>plain words</p>"),
        ("two\nlines", "<p>two\nlines</p>"),
        ("a & b", "<p>a &amp; b</p>"),
        ("1 < 2 and 3 > 2", None),
        ("<p>done</p>", "<p>done</p>"),
        ("<p>one</p><p>two</p>", "<p>one</p><p>two</p>"),
        ("<p>x</p><script>alert(1)</script>", "<p>x</p>"),
        ('<p onclick="x()">x</p>', "<p>x</p>"),
        ("<b>bold</b>", None),
        ("", ""),
        (False, False),
    ],
)
def test_html_is_wrapped_and_cleaned(
    client: OdooClient, given: str | bool, stored: str | bool | None
) -> None:
    made = lead(client, description=given)
    shown = one(client, "crm.lead", made, "description")
    if stored is not None:
        assert shown == stored
    client.write("crm.lead", [made], {"description": shown})
    assert one(client, "crm.lead", made, "description") == shown, "what it shows it keeps"


@pytest.mark.parametrize("model", ["crm.lead", "res.partner"])
@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("Example.com/x", "http://Example.com/x"),
        ("www.example.com", "http://www.example.com"),
        ("https://example.com", "https://example.com"),
        ("http://example.com/", "http://example.com/"),
        ("", ""),
        (False, False),
    ],
)
def test_a_website_gets_its_scheme(
    client: OdooClient, model: str, given: str | bool, stored: str | bool
) -> None:
    make = lead if model == "crm.lead" else partner
    made = make(client, website=given)
    assert one(client, model, made, "website") == stored
    client.write(model, [made], {"website": "other.example"})
    client.write(model, [made], {"website": given})
    assert one(client, model, made, "website") == stored


@pytest.mark.parametrize(
    ("given", "key", "state"),
    [
        ("ann@example.com", "ann@example.com", "correct"),
        ("Ann.B@Example.COM", "ann.b@example.com", "correct"),
        ("  ann@example.com ", "ann@example.com", "correct"),
        ('"A B" <AB@x.example>', "ab@x.example", "correct"),
        ("ann+tag@example.com", "ann+tag@example.com", "correct"),
        ("ümlaut@exämple.com", "ümlaut@exämple.com", None),
        ("not an email", False, "incorrect"),
        ("a@example.com, b@example.com", "a@example.com", None),
        ("", False, False),
        (False, False, False),
    ],
)
def test_an_address_is_kept_as_typed_and_normalised_beside(
    client: OdooClient, given: str | bool, key: str | bool, state: str | bool | None
) -> None:
    made = lead(client, email_from=given)
    row = one(client, "crm.lead", made, "email_from", "email_normalized", "email_state")
    assert row["email_from"] == given
    assert row["email_normalized"] == key
    if state is not None:
        assert row["email_state"] == state
    person = partner(client, email=given)
    assert one(client, "res.partner", person, "email", "email_normalized") == {
        "email": given,
        "email_normalized": key,
    }
    if key:
        found = client.search("res.partner", [["email_normalized", "=", key]])
        assert person in found


@pytest.mark.parametrize(
    ("given", "country", "sanitized", "state"),
    [
        ("+43 1 5880 4321", None, "+43158804321", "correct"),
        ("01 5880 4321", "base.at", "+43158804321", "correct"),
        ("(212) 555-2368", "base.us", "+12125552368", "correct"),
        ("call me", "base.at", False, "incorrect"),
        (False, "base.at", False, False),
    ],
)
def test_a_phone_is_kept_as_typed_and_sanitised_beside(
    odoo: OdooUnderTest,
    given: str | bool,
    country: str | None,
    sanitized: str | bool,
    state: str | bool,
) -> None:
    country_id = odoo.ref(country) if country else False
    made = lead(odoo.client, phone=given, country_id=country_id)
    assert one(odoo.client, "crm.lead", made, "phone", "phone_sanitized", "phone_state") == {
        "phone": given,
        "phone_sanitized": sanitized,
        "phone_state": state,
    }
    person = partner(odoo.client, phone=given, country_id=country_id)
    assert one(odoo.client, "res.partner", person, "phone", "phone_sanitized") == {
        "phone": given,
        "phone_sanitized": sanitized,
    }


@pytest.mark.parametrize(
    ("field", "given", "stored"),
    [
        ("city", " Wien ", " Wien "),
        ("city", "", ""),
        ("city", None, False),
        ("city", "x" * 5000, "x" * 5000),
        ("city", "Łódź 東京 😀", "Łódź 東京 😀"),
        ("city", 12, "12"),
        ("color", "12", 12),
        ("color", False, 0),
        ("color", 7.9, 7),
        ("expected_revenue", "12.5", 12.5),
        ("expected_revenue", False, 0.0),
        ("date_deadline", "2026-03-01", "2026-03-01"),
        ("date_deadline", "2026-03-01 10:11:12", "2026-03-01"),
        ("date_deadline", "2026-03-01T10:11:12Z", "2026-03-01"),
        ("date_deadline", False, False),
        ("active", "false", True),
        ("active", 0, False),
        ("priority", "2", "2"),
        ("priority", False, False),
        ("country_id", False, False),
    ],
)
def test_a_value_reads_back(client: OdooClient, field: str, given: object, stored: object) -> None:
    made = lead(client, **{field: given})
    assert one(client, "crm.lead", made, field) == stored


def test_a_moment_has_seconds_and_no_zone(client: OdooClient) -> None:
    made = lead(client)
    note = {"model": "crm.lead", "res_id": made, "body": "x"}
    for bad in ("2026-03-01T10:11:12", "2026-03-01 10:11:12+00:00", "2026-03-01 10:11:12.5"):
        with pytest.raises(OdooBadValue, match="a date or time is not"):
            client.create("mail.message", [{**note, "date": bad}])
    stamp = client.create("mail.message", [{**note, "date": "2026-03-01 10:11:12"}])[0]
    assert one(client, "mail.message", stamp, "date") == "2026-03-01 10:11:12"
    day = client.create("mail.message", [{**note, "date": "2026-03-01"}])[0]
    assert one(client, "mail.message", day, "date") == "2026-03-01 00:00:00"

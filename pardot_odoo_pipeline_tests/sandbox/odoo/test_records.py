"""What the contract suite cannot ask of a shared server, or only of a sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pardot_odoo_pipeline_tests.sandbox.odoo.conftest import Refused, Wire

QUIET = {"tracking_disable": True}


@pytest.fixture(scope="module")
def leads(wire: Wire) -> list[int]:
    """Leads whose fields are set, blank and missing in all mixtures."""
    values: list[dict[str, Any]] = [
        {
            "name": f"n{number}",
            "city": city,
            "color": color,
            "partner_id": partner,
            "active": active,
        }
        for number, (city, color, partner, active) in enumerate(
            (city, color, partner, active)
            for city in ("Wien", "wien", "", False)
            for color in (0, 3)
            for partner in (False, 3)
            for active in (True, False)
        )
    ]
    made: list[int] = wire.call("crm.lead", "create", values, context=QUIET)
    return made


CONDITIONS = st.one_of(
    st.tuples(
        st.just("city"),
        st.sampled_from(["=", "!=", "ilike", "not ilike", "=like"]),
        st.sampled_from(["Wien", "w", "x"]),
    ),
    st.tuples(st.just("city"), st.sampled_from(["=", "!="]), st.just(False)),
    st.tuples(
        st.just("city"),
        st.sampled_from(["in", "not in"]),
        st.lists(st.sampled_from(["Wien", "wien", False]), max_size=3),
    ),
    st.tuples(st.just("color"), st.sampled_from(["=", "!=", "<", ">="]), st.integers(0, 4)),
    st.tuples(st.just("partner_id"), st.sampled_from(["=", "!="]), st.sampled_from([False, 3])),
    st.tuples(st.just("partner_id.name"), st.just("ilike"), st.sampled_from(["admin", "zz"])),
    st.tuples(st.just("active"), st.sampled_from(["=", "!="]), st.booleans()),
)
DOMAINS = st.recursive(
    CONDITIONS.map(lambda condition: [list(condition)]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: ["|", *two[0], *two[1]]),
        st.tuples(inner, inner).map(lambda two: ["&", *two[0], *two[1]]),
        inner.map(lambda one: ["!", *one]),
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(domain=DOMAINS)
def test_a_domain_and_its_opposite_share_nothing_and_miss_nothing(
    wire: Wire, leads: list[int], domain: list[Any]
) -> None:
    def found(one: list[Any]) -> set[int]:
        whole = ["&", ["id", "in", leads], *one]
        return set(wire.call("crm.lead", "search", whole, context={"active_test": False}))

    inside, outside = found(domain), found(["!", *domain])
    assert not inside & outside
    assert inside | outside == set(leads)


def test_one_bad_row_of_many_undoes_the_call(wire: Wire) -> None:
    rows = [{"name": f"row {n}"} for n in range(50)]
    with pytest.raises(Refused):
        wire.call("crm.lead", "create", [*rows, {"name": "bad", "stage_id": 99_999}])
    assert wire.call("crm.lead", "search_count", [("name", "like", "row ")]) == 0


def test_a_field_made_in_a_call_that_fails_is_gone(wire: Wire) -> None:
    lead = wire.call("ir.model", "search", [("model", "=", "crm.lead")])[0]
    good = {"name": "x_lost", "field_description": "L", "ttype": "char", "model_id": lead}
    with pytest.raises(Refused):
        wire.call("ir.model.fields", "create", [good, {**good, "name": "no_prefix"}])
    assert wire.call("crm.lead", "fields_get", ["x_lost"]) == {}
    wire.call("crm.lead", "create", {"name": "still works"})


def test_code_that_arrives_is_kept_and_never_run(wire: Wire, tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    code = f"action = open({str(trace)!r}, 'w').write('x')"
    lead = wire.call("ir.model", "search", [("model", "=", "crm.lead")])[0]
    values = {"name": "Evil", "model_id": lead, "state": "code", "code": code}
    made = wire.call("ir.actions.server", "create", values)
    assert wire.call("ir.actions.server", "read", [made], ["code"])[0]["code"] == code
    with pytest.raises(Refused, match="does not run"):
        wire.call("ir.actions.server", "run", [made])
    name = {"name": "Pardot: apply people, protocol 1"}
    wire.call("ir.actions.server", "write", [made], name)
    payload = {"protocol": 1, "people": []}
    told = wire.call("ir.actions.server", "run", [made], context={"pardot_apply": payload})
    assert told == {"protocol": 1, "people": []}
    assert not trace.exists()
    stored = {
        "name": "x_run",
        "field_description": "R",
        "ttype": "char",
        "model_id": lead,
        "compute": f"open({str(trace)!r}, 'w')",
        "store": True,
    }
    wire.call("ir.model.fields", "create", stored)
    wire.call("crm.lead", "create", {"name": "n"})
    assert not trace.exists()


def test_apply_tells_another_protocol_apart(wire: Wire) -> None:
    lead = wire.call("ir.model", "search", [("model", "=", "crm.lead")])[0]
    values = {"name": "Pardot: apply people, protocol 1", "model_id": lead, "state": "code"}
    made = wire.call("ir.actions.server", "create", values)
    context = {"pardot_apply": {"protocol": 2, "people": []}}
    told = wire.call("ir.actions.server", "run", [made], context=context)
    assert told == {"protocol": 1, "refused": "protocol"}
    with pytest.raises(Refused, match="nothing to run by hand"):
        wire.call("ir.actions.server", "run", [made])


def test_merged_contacts_leave_one_that_has_it_all(wire: Wire) -> None:
    one, two = wire.call(
        "res.partner",
        "create",
        [{"name": "A", "email": "a@x.example"}, {"name": "A", "phone": "1"}],
    )
    lead = wire.call("crm.lead", "create", {"name": "L", "partner_id": two})
    wizard = wire.call(
        "base.partner.merge.automatic.wizard",
        "create",
        {"partner_ids": [[6, 0, [one, two]]], "dst_partner_id": one},
    )
    wire.call("base.partner.merge.automatic.wizard", "action_merge", [wizard])
    row = wire.call("res.partner", "search_read", [("id", "in", [one, two])], ["email", "phone"])
    assert row == [{"id": one, "email": "a@x.example", "phone": "1"}]
    assert wire.call("crm.lead", "read", [lead], ["partner_id"])[0]["partner_id"][0] == one

"""What only the apply action promises: one transaction, its guard inside, and no more rights."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import CodeType

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError, FailureClass
from pardot_odoo_pipeline.odoo.apply_action.protocol import (
    ACTION_NAME,
    CONTEXT_KEY,
    PROTOCOL,
    action_code,
)
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooAccessError, OdooUserError
from pardot_odoo_pipeline.odoo.loader import (
    LEAD,
    PARTNER,
    ApplyActionLoader,
    LoadInterrupted,
    LoadMethodLoader,
    PersonWrite,
    RecordStatus,
    choose_loader,
)
from pardot_odoo_pipeline_tests.contract.support import OdooUnderTest, unique
from pardot_odoo_pipeline_tests.odoo.people import (
    CONTEXT,
    READ_BACK,
    Prospect,
    apply,
    count_of,
    create,
)
from pardot_odoo_pipeline_tests.odoo.provisioned import ProvisionedOdoo
from pardot_odoo_pipeline_tests.odoo.relay import Relay


@pytest.fixture
def applier(provisioned: ProvisionedOdoo) -> ApplyActionLoader:
    loader = provisioned.loader("apply")
    assert isinstance(loader, ApplyActionLoader)
    return loader


def _codes(code: CodeType) -> list[CodeType]:
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return [code, *(deeper for c in inner for deeper in _codes(c))]


def test_the_code_keeps_within_the_limits_of_both_versions() -> None:
    """What Odoo refuses depends on its Python; this holds for all of them."""
    text = action_code()
    assert text.isascii()
    for code in _codes(compile(text, "apply", "exec")):
        assert not code.co_freevars, "closures are forbidden"
        assert not code.co_cellvars, "closures are forbidden"
        assert not [name for name in code.co_names if "__" in name]


@pytest.fixture
def far_applier(provisioned: ProvisionedOdoo, relay: Relay) -> ApplyActionLoader:
    """The loader of somebody whose answers may get lost."""
    loader = provisioned.behind(relay).loader("apply")
    assert isinstance(loader, ApplyActionLoader)
    return loader


def test_a_client_that_went_away_finds_everything_made_once(
    far_applier: ApplyActionLoader,
    applier: ApplyActionLoader,
    relay: Relay,
    admin: OdooClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = [Prospect.new() for _ in range(200)]
    writes = [person.create() for person in people]
    relay.silent = True
    impatient = partial(far_applier.client.run_server_action, timeout=0.2)
    monkeypatch.setattr(far_applier.client, "run_server_action", impatient)
    with pytest.raises(LoadInterrupted) as caught:
        far_applier.apply(writes, read_back=READ_BACK, context=CONTEXT)
    assert set(caught.value.in_doubt) == {write.key for write in writes}
    assert not caught.value.unsent
    assert not caught.value.done
    assert caught.value.failure_class is FailureClass.RETRY_LATER
    # At once: on a real server the first call is still at work, and will commit.
    results = applier.apply(writes, read_back=READ_BACK, context=CONTEXT)
    assert {r.lead.status for r in results} <= {RecordStatus.EXISTS, RecordStatus.CREATED}
    assert count_of(admin, people) == (200, 200)


def test_an_error_of_one_record_undoes_the_other(
    applier: ApplyActionLoader, admin: OdooClient
) -> None:
    person = Prospect.new()
    [result] = apply(applier, PersonWrite("1", person.partner(), person.lead(stage_id=99_999_999)))
    assert result.error
    assert (result.partner.status, result.lead.status) == (RecordStatus.ERROR,) * 2
    assert count_of(admin, [person]) == (0, 0)


def test_both_protocols_answer_alike(provisioned: ProvisionedOdoo) -> None:
    by_key = choose_loader(provisioned.sales.client())
    by_password = choose_loader(provisioned.sales.client(with_key=False))
    [(person, made)] = create(by_key)
    wish = person.update(made, {"x_pardot_score": 7, "city": False})
    assert apply(by_key, wish) == apply(by_password, wish)


def test_another_protocol_is_refused_with_the_remedy(
    provisioned: ProvisionedOdoo, applier: ApplyActionLoader, admin: OdooClient
) -> None:
    action = applier.action_id
    newer = ACTION_NAME.replace(str(PROTOCOL), str(PROTOCOL + 1))
    admin.write("ir.actions.server", [action], {"name": newer})
    try:
        with pytest.raises(ConfigurationError, match="pardot-odoo provision"):
            choose_loader(provisioned.sales.client())
    finally:
        admin.write("ir.actions.server", [action], {"name": ACTION_NAME})
    refused = applier.client.run_server_action(action, {CONTEXT_KEY: {"protocol": PROTOCOL + 1}})
    assert refused == {"protocol": PROTOCOL, "refused": "protocol"}


def test_an_action_that_was_removed_is_told_as_such(provisioned: ProvisionedOdoo) -> None:
    loader = ApplyActionLoader(provisioned.sales.client(), 99_999_999)
    with pytest.raises(LoadInterrupted, match="pardot-odoo provision") as caught:
        apply(loader, Prospect.new().create())
    assert caught.value.failure_class is FailureClass.CONFIGURATION
    assert not caught.value.in_doubt


def test_without_people_to_write_it_does_nothing(applier: ApplyActionLoader) -> None:
    with pytest.raises(OdooUserError):
        applier.client.run_server_action(applier.action_id)
    ping = {CONTEXT_KEY: {"protocol": PROTOCOL}}
    assert applier.client.run_server_action(applier.action_id, ping) == {
        "protocol": PROTOCOL,
        "people": [],
    }


def test_it_gives_no_right_that_the_user_has_not(
    provisioned: ProvisionedOdoo, applier: ApplyActionLoader, admin: OdooClient
) -> None:
    login, password = unique("clerk").replace(" ", "_"), "a-long-test-password"
    group = OdooUnderTest(provisioned.admin, real=True).ref("base.group_user")
    groups = "group_ids" if admin.version.major >= 19 else "groups_id"
    user = {"name": "Clerk", "login": login, "password": password, groups: [[6, 0, [group]]]}
    admin.create("res.users", [user], context={"no_reset_password": True})
    clerk = replace(provisioned.admin, username=login, password=password, api_key=None).client()
    with pytest.raises(OdooAccessError):
        clerk.run_server_action(applier.action_id, {CONTEXT_KEY: {"protocol": PROTOCOL}})
    assert isinstance(choose_loader(clerk), LoadMethodLoader)


def test_external_ids_of_others_cannot_be_taken(
    applier: ApplyActionLoader, admin: OdooClient
) -> None:
    person = Prospect.new()
    for name in ("apply_action", "crm.lead_1", f"partner_{person.number}"):
        lead = replace(person.lead(), external_id=name)
        [result] = apply(applier, PersonWrite("1", None, lead))
        assert result.lead.status is RecordStatus.ERROR, name
    assert count_of(admin, [person]) == (0, 0)


def test_the_automations_of_a_normal_write_run(
    applier: ApplyActionLoader, admin: OdooClient
) -> None:
    """The action writes through the ORM, so what Odoo derives from a value follows."""
    [(person, made)] = create(applier)
    for model, record in ((LEAD, made.lead), (PARTNER, made.partner)):
        derived = ["email_normalized", "x_pardot_email_key"]
        row = admin.read(model, [record.record_id], derived)[0]
        assert {row[name] for name in derived} == {person.email}

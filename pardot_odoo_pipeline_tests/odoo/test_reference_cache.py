"""A process that starts soon after another asks Odoo for next to nothing, and never stays wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pardot_odoo_pipeline.caching import Cache
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.consent import Blacklist
from pardot_odoo_pipeline.odoo.errors import OdooError
from pardot_odoo_pipeline.odoo.loader import ApplyActionLoader, choose_loader
from pardot_odoo_pipeline.odoo.reference import OdooReference
from pardot_odoo_pipeline.odoo.reference_cache import ReferenceClient
from pardot_odoo_pipeline_tests.contract.support import unique
from pardot_odoo_pipeline_tests.odoo.provisioned import ProvisionedOdoo

LEAD = "crm.lead"
ALL = {"active_test": False}

New = Callable[[], ReferenceClient]


@pytest.fixture
def process(provisioned: ProvisionedOdoo, tmp_path: Path) -> New:
    """The client of a new process on the same home, as the plain salesperson."""
    moment = datetime(2026, 5, 1, tzinfo=UTC)

    def start() -> ReferenceClient:
        cache = Cache(tmp_path / "cache.json", lambda: moment, timedelta(hours=1))
        return ReferenceClient(provisioned.sales.connection(), cache)

    return start


def begin(client: OdooClient) -> OdooReference:
    """What every process does before its batch."""
    _ = client.version
    assert isinstance(choose_loader(client), ApplyActionLoader)
    assert Blacklist.of(client).writable
    return OdooReference.load(client)


def test_a_second_process_has_nothing_to_ask(process: New) -> None:
    first, second = process(), process()
    known = begin(first)
    again = begin(second)
    assert first.calls <= 13
    assert second.calls == 0
    assert again.countries == known.countries
    assert again.states == known.states
    assert again.fields == known.fields
    assert again.stage_id == known.stage_id
    assert second.search_count(LEAD, []) >= 0, "and it is logged in all the same"


def test_a_name_that_is_not_known_is_looked_for_at_once(process: New, admin: OdooClient) -> None:
    begin(process())
    name = unique("Fair")
    [made] = admin.create("utm.source", [{"name": name}])
    client = process()
    reference = begin(client)
    assert name not in reference.sources
    assert reference.resolve_source(name) == made
    assert begin(process()).sources[name] == made, "later processes know it"


def test_what_a_batch_makes_is_known_to_the_next(process: New) -> None:
    name = unique("Trade fair")
    made = begin(process()).resolve_campaign(name)
    assert begin(process()).campaigns[name] == made


def test_a_table_can_be_asked_for_anew(process: New, admin: OdooClient) -> None:
    client = process()
    client.search_read("crm.stage", [], ["name"])
    name = unique("stage")
    made = admin.create("crm.stage", [{"name": name}])
    assert name not in {row["name"] for row in process().search_read("crm.stage", [], ["name"])}
    client.forget("crm.stage")
    assert name in {row["name"] for row in process().search_read("crm.stage", [], ["name"])}
    admin.unlink("crm.stage", made)


def test_a_refused_field_drops_everything(process: New, admin: OdooClient) -> None:
    [model] = admin.search("ir.model", [["model", "=", LEAD]])
    field = f"x_gone_{unique('f')[2:]}"
    values = {"name": field, "field_description": "Gone", "ttype": "char", "model_id": model}
    made = admin.create("ir.model.fields", [values])
    client = process()
    assert field in begin(client).lead_fields
    admin.unlink("ir.model.fields", made)
    assert field in begin(process()).lead_fields, "not asked for"
    with pytest.raises(OdooError):
        client.search_read(LEAD, [], [field], limit=1)
    assert field not in begin(process()).lead_fields


def test_questions_about_people_are_never_remembered(process: New, admin: OdooClient) -> None:
    client = process()
    name = unique("lead")
    assert client.search(LEAD, [["name", "=", name]]) == []
    made = admin.create(LEAD, [{"name": name, "type": "lead"}])
    assert client.search(LEAD, [["name", "=", name]]) == made
    assert client.search_count(LEAD, [["name", "=", name]]) == 1


def test_another_user_has_a_memory_of_its_own(provisioned: ProvisionedOdoo, tmp_path: Path) -> None:
    """Two users of one Odoo differ in what they may see; `assembly` gives each a file."""
    from pardot_odoo_pipeline.assembly import reference_client
    from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key
    from pardot_odoo_pipeline.mapping.rules_file import load_rules
    from pardot_odoo_pipeline.settings import Settings

    files = []
    for login in (provisioned.admin, provisioned.sales):
        values = {name.lower(): value for name, value in login.environment().items()}
        settings = Settings(_env_file=None, pipeline_home=tmp_path, **values)
        settings.home.create()
        client = reference_client(settings, load_rules(None), load_lookup_key(settings.home.keys))
        assert client.uid == login.client().uid
        files.append({file.name for file in settings.home.cache.iterdir()})
    assert len(files[1]) == 2
    assert all(name.startswith("odoo-") for name in files[1])


def test_a_batch_soon_after_another_begins_with_one_call(
    provisioned: ProvisionedOdoo, tmp_path: Path
) -> None:
    """Which one: whether this is the same database still. That is never taken from memory."""
    from pardot_odoo_pipeline.assembly import build_ports, forget_reference_data
    from pardot_odoo_pipeline.settings import Settings

    pardot = {
        "pardot_api_url": "http://127.0.0.1:9",
        "pardot_token_url": "http://127.0.0.1:9/token",
        "pardot_client_id": "x",
        "pardot_client_secret": "x",
        "pardot_refresh_token": "x",
        "pardot_business_unit_id": "0Uv000000000001AAA",
    }
    odoo = {name.lower(): value for name, value in provisioned.sales.environment().items()}

    def calls() -> int:
        settings = Settings(_env_file=None, pipeline_home=tmp_path, **pardot, **odoo)
        ports = build_ports(settings)
        assert ports.blacklist.writable
        return ports.odoo.calls

    first = calls()
    assert calls() == 1
    forget_reference_data(Settings(_env_file=None, pipeline_home=tmp_path, **pardot, **odoo))
    assert calls() == first > 10

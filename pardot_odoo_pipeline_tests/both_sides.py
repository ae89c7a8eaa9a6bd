"""One person seen from both systems: what people do there, batches between, and what each shows.

The pipeline is a plain salesperson in Odoo, and people's edits there are the administrator's, so
that neither can be taken for the other. Odoo is the sandbox's or a real one.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from pardot_odoo_pipeline.assembly import build_ports
from pardot_odoo_pipeline.batches import BatchKey
from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.launching import take_over
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.opening import open_due_retries, open_ids, open_interval
from pardot_odoo_pipeline.operations.probing import probe
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.run_batch import run_batch
from pardot_odoo_pipeline.settings import Home, Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.people_world import PEOPLE_ALONE
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_sales_user
from pardot_odoo_pipeline_tests.world import EVERYONE, SEED, World, api_calls

LEAD, PARTNER = "crm.lead", "res.partner"
MODELS = (LEAD, PARTNER)
_AHEAD = 280
"""Seconds by which Pardot's clock may get ahead of a real Odoo's: less than intervals overlap."""


@dataclass
class Worker:
    """What a worker that goes on holds: its ports, until the rules change."""

    ports: Ports | None = None

    def end(self) -> None:
        """The next batch is another worker's."""
        if self.ports is not None:
            self.ports.ledger.close()
        self.ports = None


@dataclass
class BothSides:
    """Both systems, and the pipeline between them.

    Attributes:
        world: Pardot's sandbox, the home, and Odoo's sandbox if it is that.
        odoo: The administrator's client.
        login: Who the pipeline is in Odoo.
        env: The settings of every command.
        real: Whether Odoo is a real one, whose clock cannot be moved.
    """

    world: World
    odoo: OdooClient
    login: OdooLogin
    env: dict[str, str]
    real: bool
    ahead: float = 0
    _worker: Worker | None = None

    # Batches

    def rules(self, text: str = "") -> None:
        """Replace the rules from now on."""
        Path(self.env["PIPELINE_CONFIG"]).write_text(PEOPLE_ALONE + text)
        if self._worker is not None:
            self._worker.end()

    def begin(self) -> None:
        """The initial sync."""
        self.world.sync("--initial", **self.env)

    def later(self, seconds: float) -> None:
        """Let time pass, also where a test cannot do without."""
        self.ahead += seconds
        assert not self.real or self.ahead <= _AHEAD, "a real Odoo's clock stands still meanwhile"
        self.world.advance(seconds)

    def sync(self, *people: str, after: float = 90) -> Counter[str]:
        """Some time later, where time is for nothing: an interval, or a batch of named people.

        Whatever follows it runs as well, and what dead workers left runs before.

        Returns:
            People by disposition, and what else the batches account for.
        """
        # What happens in the very second in which a batch begins is left to the next one.
        self.later(min(after, 1) if self.real else after)
        with self.ports() as ports:
            now = ports.clock.now()
            take_over(ports.ledger, now)
            # As a person's command does: a system that failed before is asked at once.
            probe(self._settings(), ports.ledger, ports.rules, now, at_once=True)
            told = self._run(ports)
            if people:
                open_ids(ports.ledger, people, now)
            else:
                open_interval(ports.ledger, now)
            return told + self._run(ports)

    def retry(self, minutes: float) -> Counter[str]:
        """Run the retries that are due after so many minutes."""
        self.later(60 * minutes)
        with self.ports() as ports:
            open_due_retries(ports.ledger, ports.clock.now(), batch_size=1000)
            return self._run(ports)

    def waiting(self) -> dict[str, int]:
        """How many people wait for another attempt."""
        found: dict[str, int] = self.command("status")["retries"]
        return found

    def _run(self, ports: Ports) -> Counter[str]:
        told: Counter[str] = Counter()
        while keys := self._due(ports):
            for key in keys:
                checks = [c for step in run_batch(str(key), ports) for c in step.checks]
                assert all(check.passed for check in checks), checks
                with ports.ledger.read() as connection:
                    outcome = batches.get(connection, key).outcome or {}
                told.update(outcome["dispositions"])
                told["conflicts"] += outcome["conflicts"]
        return told

    @staticmethod
    def _due(ports: Ports) -> list[BatchKey]:
        with ports.ledger.read() as connection:
            return [batch.key for batch in batches.due_for_run(connection)]

    @contextmanager
    def ports(self) -> Iterator[Ports]:
        """The ports of a worker with the rules of now."""
        if self._worker is not None:
            self._worker.ports = self._worker.ports or self._ports()
            yield self._worker.ports
            return
        ports = self._ports()
        try:
            yield ports
        finally:
            ports.ledger.close()

    def _ports(self) -> Ports:
        return build_ports(self._settings())

    def _settings(self) -> Settings:
        env = cli.environment(self.world.home, self.env)
        with mock.patch.dict(os.environ, env, clear=True):
            return Settings(_env_file=None)

    @contextmanager
    def one_worker(self) -> Iterator[None]:
        """Let one worker do everything, as a running one does: it knows what Odoo has already."""
        self._worker = Worker()
        try:
            yield
        finally:
            self._worker.end()
            self._worker = None

    def command(self, *arguments: str) -> dict[str, Any]:
        """What another command says with --json."""
        done = self.world.run(*arguments, "--json", env=self.env)
        assert done.code == 0, done.stderr
        return done.report

    def quiet(self, batches: int = 2) -> None:
        """In the next batches nothing is written on either side."""
        before = self.versions()
        self.world.pardot.forget()
        for _ in range(batches):
            self.sync()
            assert self.told() == []
            assert self.versions() == before

    # Pardot

    def person(self, address: str, **values: Any) -> str:
        """A new prospect, not synced yet."""
        return self.world.new_prospect(email=f"{address}@example.com", **values)

    def prospect(self, who: str) -> dict[str, Any]:
        """Every field as Pardot holds it now."""
        row: dict[str, Any] = self.world.pardot.control("GET", f"/objects/prospects/{who}")
        return row

    def in_pardot(self, who: str, **values: Any) -> None:
        """What a marketer changes."""
        self.world.edit(who, **values)

    def told(self) -> list[tuple[str, str]]:
        """The calls that changed something in Pardot since its log was cleared."""
        return [
            (call["method"], call["path"])
            for call in api_calls(self.world.pardot)
            if call["method"] != "GET"
        ]

    # Odoo

    def record(self, model: str, who: str) -> dict[str, Any]:
        """The person's lead or contact, archived or not."""
        [row] = self.world.of_prospect(model, who, *_SHOWN[model])
        return {
            name: value[0] if isinstance(value, list) and len(value) == 2 else value
            for name, value in row.items()
        }

    def lead(self, who: str) -> dict[str, Any]:
        """The person's lead."""
        return self.record(LEAD, who)

    def contact(self, who: str) -> dict[str, Any]:
        """The person's contact."""
        return self.record(PARTNER, who)

    def edit_lead(self, who: str, **values: Any) -> None:
        """What a salesperson types on the lead."""
        self.odoo.write(LEAD, [self.lead(who)["id"]], values)

    def edit_contact(self, who: str, **values: Any) -> None:
        """What a salesperson types on the contact."""
        self.odoo.write(PARTNER, [self.contact(who)["id"]], values)

    def versions(self) -> dict[str, list[dict[str, Any]]]:
        """When each record was last written, which Odoo notes also where nothing changed."""
        return {
            model: self.odoo.search_read(model, [], ["write_date"], order="id", context=EVERYONE)
            for model in MODELS
        }

    # Both

    def shown(self, who: str, source: str, lead: str, contact: str) -> list[Any]:
        """One field as Pardot, the lead and the contact show it."""
        return [self.prospect(who)[source], self.lead(who)[lead], self.contact(who)[contact]]

    def conflicts(self, who: str) -> list[dict[str, Any]]:
        """The history of values that lost."""
        found: list[dict[str, Any]] = self.command("conflicts", "--person", who)["conflicts"]
        return found


_ADDRESS = ["street", "street2", "city", "zip", "country_id", "state_id"]
_SHOWN: Mapping[str, list[str]] = {
    LEAD: [
        *(
            "email_from",
            "name",
            "contact_name",
            "partner_name",
            "function",
            "phone",
            "website",
            "description",
        ),
        *("partner_id", "type", "active", "user_id", "stage_id", "probability", "write_date"),
        *("x_pardot_score", "x_pardot_state", *_ADDRESS),
    ],
    PARTNER: [
        *(
            "email",
            "is_company",
            "name",
            "company_name",
            "function",
            "phone",
            "website",
            "active",
            "write_date",
        ),
        *("x_pardot_score", "x_pardot_state", "x_pardot_prospect_id", "parent_id", *_ADDRESS),
    ],
}


@contextmanager
def both_sandboxes(home: Path, rules: str = "", prospects: int = 12) -> Iterator[BothSides]:
    """Both sandboxes after the initial sync."""
    with World.running(home, prospects) as world:
        own = world.odoo.credentials
        admin = OdooLogin(
            world.odoo.url, own["database"], own["username"], own.get("password"), own["api_key"]
        )
        login = make_sales_user(admin, "pipeline", with_key=False)
        yield _begun(world, world.client, login, world.environment, rules, real=False)


@contextmanager
def beside_real_odoo(
    home: Path, admin: OdooLogin, login: OdooLogin, rules: str = "", prospects: int = 12
) -> Iterator[BothSides]:
    """Pardot's sandbox and a real Odoo after the initial sync."""
    with running_sandbox(
        Home(home).create(), ("pardot",), prospects=prospects, seed=SEED
    ) as states:
        world = World(home, {"pardot": states["pardot"], "odoo": {}}, prospects)
        world.__dict__["client"] = client = admin.client()
        done = world.run("provision", env={"PARDOT_API_URL": "sandbox", **admin.environment()})
        assert done.code == 0, done.stderr
        yield _begun(world, client, login, world.environment, rules, real=True)


def _begun(
    world: World,
    client: OdooClient,
    login: OdooLogin,
    env: Mapping[str, str],
    rules: str,
    *,
    real: bool,
) -> BothSides:
    if not real:
        assert world.run("provision").code == 0
    config = {"PIPELINE_CONFIG": str(world.home / "rules.yaml"), "PARDOT_API_URL": "sandbox"}
    both = BothSides(world, client, login, {**env, **config, **login.environment()}, real)
    both.rules(rules)
    both.begin()
    return both

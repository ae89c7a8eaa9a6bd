"""A world of people alone, with rules of the test's own; and Pardot as its API shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import requests

from pardot_odoo_pipeline_tests.world import PEOPLE_ONLY, World

PEOPLE_ALONE = PEOPLE_ONLY


class PeopleWorld(World):
    """Its home has a rules file; activities and lists, which have stories of theirs, are off."""

    @classmethod
    @contextmanager
    def with_rules(cls, home: Path, prospects: int, rules: str = "") -> Iterator[Self]:
        """Start the servers over a new home."""
        with cls.running(home, prospects) as world:
            assert isinstance(world, cls)
            world.write_rules(rules)
            yield world

    def write_rules(self, rules: str) -> None:
        """Replace the rules from now on."""
        (self.home / "rules.yaml").write_text(PEOPLE_ONLY + rules)

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "PIPELINE_CONFIG": str(self.home / "rules.yaml")}

    def report(self, *arguments: str) -> dict[str, Any]:
        """What a command that must succeed says with --json."""
        done = self.run(*arguments, "--json")
        assert done.code == 0, done.stderr
        return done.report

    def people(self, count: int) -> list[str]:
        """Prospects with a lead and a contact of their own, and a job title."""
        domain = [("x_pardot_prospect_id", "!=", False), ("function", "!=", False)]
        rows = self.client.search_read(
            "crm.lead", domain, ["x_pardot_prospect_id"], order="id", limit=count
        )
        assert len(rows) == count
        return [row["x_pardot_prospect_id"] for row in rows]


def in_pardot(world: World, prospect_id: str, *fields: str) -> dict[str, Any]:
    """Fields of one prospect."""
    own = world.pardot.credentials
    signed = requests.post(
        world.pardot.state["token_url"],
        data={
            "grant_type": "client_credentials",
            "client_id": own["client_id"],
            "client_secret": own["client_secret"],
        },
        timeout=10,
    )
    read = requests.get(
        f"{world.pardot.url}/api/v5/objects/prospects/{prospect_id}",
        params={"fields": ",".join(fields)},
        headers={
            "Authorization": f"Bearer {signed.json()['access_token']}",
            "Pardot-Business-Unit-Id": own["business_unit_id"],
        },
        timeout=10,
    )
    assert read.status_code == 200, read.text
    return dict(read.json())

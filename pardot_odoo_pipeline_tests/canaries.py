"""Secrets and people's values that are planted, and the search for them in whatever is left.

What lives here: what is planted, a world that remembers everything that was said, and the search.
What does not: what happens in that world (`stories.test_audit`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from unittest import mock

from pardot_odoo_pipeline.assets import boundary
from pardot_odoo_pipeline.operations.data_keys import new_key
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.alerts.receivers import Hook
from pardot_odoo_pipeline_tests.people_world import PeopleWorld
from pardot_odoo_pipeline_tests.process_lines import logged
from pardot_odoo_pipeline_tests.webhooks.receiver_process import signing_secret

PERSON = {
    "firstName": "Zyxcanaryfirst",
    "lastName": "Zyxcanarylast",
    "email": "zyx.canary@canary-mail.example",
    "phone": "+49 30 8675309199",
    "company": "Zyxcanary Holding",
    "jobTitle": "Zyxcanary Officer",
    "addressOne": "Zyxcanarystreet 99",
    "comments": "Zyxcanary said that he is ill",
}
EDITED = {"first": "Zyxcanary Gardener", "second": "Zyxcanary Rosarian", "third": "Zyxcanary Mason"}
BAD = {"email": "zyxcanary bad@address", "lastName": "Zyxcanarybad"}
PUSHED = "zyxcanary.pushed@canary-mail.example"
ALERT_PASSWORD = "canary-alert-password"

# Where people's values are by design: private to their owner, of a short life or closed.
BY_DESIGN = ("frames", "spool", "sandbox", "cache")


class WatchedWorld(PeopleWorld):
    """It has every secret there is, and keeps what was said in it and to whom.

    Attributes:
        hook: Where alerts arrive.
        texts: What was printed, logged, sent and served, by what it was.
        met: The texts of exceptions that only the boundary to Dagster kept from being stored.
    """

    hook: Hook
    secrets: Mapping[str, str]
    texts: dict[str, str]
    met: list[str]

    @classmethod
    @contextmanager
    def watched(cls, home: Path, prospects: int) -> Iterator[Self]:
        """Start the servers over a new home."""
        with Hook.open() as hook, cls.with_rules(home, prospects) as world:
            address = hook.url.removeprefix("json://")
            world.hook, world.texts, world.met = hook, {}, []
            world.secrets = {
                "DATA_KEYS": new_key(),
                "ALERT_URLS": f"json://canary-user:{ALERT_PASSWORD}@{address}",
                "WEBHOOK_SECRET_SALESFORCE": signing_secret(),
            }
            yield world

    @property
    def environment(self) -> dict[str, str]:
        secrets = {**self.secrets, "LOG_FORMAT": "json"}
        return {**super().environment, **self.configured, **secrets}

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> cli.Finished:
        """Run a command, and keep what it printed and logged."""
        with logged("command") as lines, _surprises(self.met):
            done = super().run(*arguments, env=env)
        said = [done.stderr, lines.getvalue()]
        if "--values" not in arguments:
            said.append(done.stdout)
        self.texts[f"{len(self.texts)} {' '.join(arguments)}"] = "\n".join(said)
        return done

    @property
    def canaries(self) -> dict[str, str]:
        """What is nowhere, by its name."""
        own, odoo = self.pardot.credentials, self.odoo.credentials
        return {
            **{name: own[name] for name in ("client_secret", "refresh_token")},
            **{name: odoo[name] for name in ("api_key", "password")},
            "data key": self.secrets["DATA_KEYS"],
            "webhook secret": self.secrets["WEBHOOK_SECRET_SALESFORCE"],
            "alert password secret": ALERT_PASSWORD,
            **{f"person's {name}": value for name, value in PERSON.items()},
            **{f"edited {name}": value for name, value in EDITED.items()},
            **{f"bad {name}": value for name, value in BAD.items()},
            "pushed address": PUSHED,
        }

    def found(self, content: bytes, where: str) -> list[str]:
        """The canaries that are in it, in any of the ways in which they may be written."""
        low = content.lower()
        return [
            f"{name} in {where}"
            for name, value in self.canaries.items()
            for form in {value, value.replace("@", "%40"), json.dumps(value)[1:-1]}
            if form.lower().encode() in low
        ]


@contextmanager
def _surprises(met: list[str]) -> Iterator[None]:
    """Note what the boundary translates, which is not a coded failure and may hold anything."""

    def look(trace: Any) -> Any:
        met.append(str(sys.exception()))
        return extract(trace)

    extract = boundary.traceback.extract_tb
    with mock.patch.object(boundary.traceback, "extract_tb", look):
        yield

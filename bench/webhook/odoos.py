"""The Odoo of a measurement, real or sandbox: how the pipeline gets in, what is committed there.

What is committed is read from the database itself: a second client over HTTP would share the one
Python process that the pipeline's calls are waiting for, and slow down what it measures.
"""

from __future__ import annotations

import configparser
import os
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import requests
from pydantic import SecretStr

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.connection import OdooConnection

DATABASE = "bench_webhook"
_SCRIPT = Path(__file__).parents[2] / "scripts" / "odoo19.sh"
_PASSWORD = "a-long-password-of-nobody"

# The lead of a person, with the job title that it or its contact shows: what a salesperson sees.
_SHOWN = """
select l.x_pardot_prospect_id, l.function, p.function
from crm_lead l left join res_partner p on p.id = l.partner_id
where l.x_pardot_prospect_id in ({marks})
"""
_LINKED = """
select l.x_pardot_prospect_id from crm_lead l join res_partner p on p.id = l.partner_id
where p.x_pardot_prospect_id = l.x_pardot_prospect_id and p.active and l.active
"""


class Odoo(Protocol):
    """An Odoo and its database."""

    environment: Mapping[str, str]
    """The settings that lead the pipeline there."""

    def provisioning(self) -> Mapping[str, str]:
        """The settings of whoever may provision it."""

    def rows(self, query: str, values: list[str]) -> list[tuple[Any, ...]]:
        """What a query finds among the committed rows; ``{marks}`` stands for the values."""


def titles(odoo: Odoo, prospects: list[str]) -> dict[str, set[str | None]]:
    """Prospect id to the job titles that the person's lead and contact show."""
    found: dict[str, set[str | None]] = {}
    for prospect, of_lead, of_contact in odoo.rows(_SHOWN, prospects):
        found.setdefault(prospect, set()).update((of_lead, of_contact))
    return found


def linked(odoo: Odoo) -> list[str]:
    """Prospects whose lead and contact are their own."""
    return sorted({row[0] for row in odoo.rows(_LINKED, [])})


class SandboxOdoo:
    """The sandbox, whose database is a file."""

    environment: Mapping[str, str] = {}

    def __init__(self, home: Path) -> None:
        # Another thread or a second connection may read: the file is in WAL mode.
        [path] = (home / "sandbox" / "odoo").glob("*.sqlite")
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    def provisioning(self) -> Mapping[str, str]:
        return {}

    def rows(self, query: str, values: list[str]) -> list[tuple[Any, ...]]:
        marks = ",".join("?" * len(values))
        return self._connection.execute(query.format(marks=marks), values).fetchall()


class RealOdoo:
    """A new database of the server of ``scripts/odoo19.sh``; the pipeline sells there."""

    def __init__(self, told: Mapping[str, str]) -> None:
        import psycopg2

        self._told = told
        self._admin = {
            "ODOO_URL": told["URL"],
            "ODOO_DATABASE": told["DATABASE"],
            "ODOO_USERNAME": told["USERNAME"],
            "ODOO_API_KEY": told["API_KEY"],
        }
        _make_salesperson(told)
        own = {"ODOO_USERNAME": "pipeline", "ODOO_API_KEY": _make_key(told, "pipeline")}
        self.environment: Mapping[str, str] = {
            "PARDOT_API_URL": "sandbox",
            **self._admin,
            **own,
        }
        conf = configparser.ConfigParser(interpolation=None)
        conf.read(_home() / "odoo.conf")
        self._connection = psycopg2.connect(
            host=conf["options"]["db_host"], user="odoo", dbname=told["DATABASE"]
        )
        self._connection.autocommit = True

    @classmethod
    @contextmanager
    def fresh(cls) -> Iterator[RealOdoo]:
        """Make the database, and drop it at the end."""
        _script("start")
        odoo = cls(_script("fresh", DATABASE))
        try:
            yield odoo
        finally:
            odoo._connection.close()
            _script("drop", DATABASE)

    def provisioning(self) -> Mapping[str, str]:
        return {"PARDOT_API_URL": "sandbox", **self._admin}

    def rows(self, query: str, values: list[str]) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query.format(marks=",".join(["%s"] * len(values))), values or None)
            return list(cursor.fetchall())


def _home() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("ODOO19_HOME") or cache / "pardot-odoo-pipeline" / "odoo19")


def _script(*words: str) -> dict[str, str]:
    done = subprocess.run(
        [str(_SCRIPT), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def _make_salesperson(told: Mapping[str, str]) -> None:
    """A plain one: "Sales / User: All Documents" and nothing more."""
    client = OdooClient(
        OdooConnection(
            url=told["URL"],
            database=told["DATABASE"],
            username=told["USERNAME"],
            api_key=SecretStr(told["API_KEY"]),
        )
    )
    names = ["group_user", "group_sale_salesman_all_leads"]
    domain = [["model", "=", "res.groups"], ["name", "in", names]]
    groups = [row["res_id"] for row in client.search_read("ir.model.data", domain, ["res_id"])]
    values = {"name": "Sam Seller", "login": "pipeline", "password": _PASSWORD}
    client.create(
        "res.users",
        [{**values, "email": "pipeline@example.com", "group_ids": [[6, 0, groups]]}],
        context={"no_reset_password": True},
    )


def _make_key(told: Mapping[str, str], login: str) -> str:
    """An API key as a person makes it, in a web session: over the API Odoo refuses it."""
    with requests.Session() as session:

        def ask(path: str, **params: Any) -> Any:
            body = {"jsonrpc": "2.0", "method": "call", "params": params}
            answer = session.post(told["URL"] + path, json=body, timeout=60).json()
            assert "error" not in answer, answer["error"]["data"]["name"]
            return answer.get("result")

        def call(model: str, method: str, *args: Any, **kwargs: Any) -> Any:
            path = f"/web/dataset/call_kw/{model}/{method}"
            return ask(path, model=model, method=method, args=args, kwargs=kwargs)

        ask("/web/session/authenticate", db=told["DATABASE"], login=login, password=_PASSWORD)
        wanted = {"name": "bench", "duration": "1"}
        wizard = call("res.users.apikeys.description", "create", wanted)
        check = call("res.users.apikeys.description", "make_key", [wizard])["res_id"]
        secret = {"password": _PASSWORD}
        call("res.users.identitycheck", "write", [check], secret)
        shown = call("res.users.identitycheck", "run_check", [check], context=secret)
        return str(shown["context"]["default_key"])

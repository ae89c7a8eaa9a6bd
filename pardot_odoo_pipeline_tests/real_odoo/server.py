"""Real Odoo databases for tests: from the project's own script, or one that the user names.

What lives here: getting databases and users. What does not: fixtures (``conftest`` here and in
``contract``).

Odoo's own users are never in danger: a database that the script did not make is touched only when
``ALLOW_WRITES_TO`` names it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests
from pydantic import SecretStr

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.connection import OdooConnection

SCRIPT = Path(__file__).parents[2] / "scripts" / "odoo19.sh"
MARK = "pardot_odoo_pipeline.test_database"
"""The configuration parameter by which a database of the script's is known."""

SALES_ALL = "sales_team.group_sale_salesman_all_leads"


class OdooNotHereError(Exception):
    """There is no real Odoo to test on, or not of the kind; says why and what would give one."""


@dataclass(frozen=True)
class OdooLogin:
    """A user of a database, with everything needed to get in either way."""

    url: str
    database: str
    username: str
    password: str | None
    api_key: str | None

    def connection(self, *, with_key: bool = True, **changes: Any) -> OdooConnection:
        """The connection of this user: by key, or by password (then over JSON-RPC)."""
        key, password = self.api_key, self.password
        made = OdooConnection(
            url=self.url,
            database=self.database,
            username=self.username,
            api_key=SecretStr(key) if key and (with_key or not password) else None,
            password=SecretStr(password) if password else None,
        )
        return replace(made, **changes)

    def client(self, *, with_key: bool = True, **kwargs: Any) -> OdooClient:
        """A client of this user."""
        return OdooClient(self.connection(with_key=with_key), **kwargs)

    def environment(self) -> dict[str, str]:
        """The settings that lead a process of the project here."""
        return {
            "ODOO_URL": self.url,
            "ODOO_DATABASE": self.database,
            "ODOO_USERNAME": self.username,
            **({"ODOO_API_KEY": self.api_key} if self.api_key else {}),
            **({} if self.api_key or not self.password else {"ODOO_PASSWORD": self.password}),
        }


class ScriptedOdoo:
    """The server of ``scripts/odoo19.sh``: as many databases as one likes, each half a second.

    Attributes:
        started_here: Whether nobody else may be using it.
    """

    def __init__(self) -> None:
        self.started_here = _script("status").returncode != 0

    def start(self) -> None:
        """See that the server runs; installs what is missing."""
        _checked("start")

    def fresh(self, name: str) -> OdooLogin:
        """A new database of that name."""
        told = _checked("fresh", name)
        return OdooLogin(
            told["URL"], told["DATABASE"], told["USERNAME"], told["PASSWORD"], told["API_KEY"]
        )

    def database(self, name: str) -> OdooLogin:
        """A database for tests that do not mind what is in it: a new one."""
        return self.fresh(name)

    def drop(self, login: OdooLogin) -> None:
        """Remove a database."""
        _checked("drop", login.database)

    def stop(self) -> None:
        """End the servers, if it was this object that started them."""
        if self.started_here:
            _checked("stop")


class UsersOdoo:
    """The one database that ``ODOO_URL`` and its siblings name."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._login = OdooLogin(
            environment["ODOO_URL"],
            environment.get("ODOO_DATABASE", ""),
            environment.get("ODOO_USERNAME", ""),
            environment.get("ODOO_PASSWORD") or None,
            environment.get("ODOO_API_KEY") or None,
        )
        self._allowed = environment.get("ALLOW_WRITES_TO")

    def start(self) -> None:
        """Refuse a database that is not ours to fill with rubbish."""
        if self._allowed == self._login.database:
            return
        made_here = self._login.client().call("ir.config_parameter", "get_param", key=MARK)
        if not made_here:
            raise AssertionError(
                f"The tests write into the database {self._login.database} and delete in it, and "
                "they did not make it. If that is meant, set "
                f"ALLOW_WRITES_TO={self._login.database}; else unset ODOO_URL."
            )

    def fresh(self, name: str) -> OdooLogin:
        """There is no new one to be had.

        Raises:
            OdooNotHereError: Always.
        """
        raise OdooNotHereError(
            f"needs a new database {name}, and ODOO_URL names one that is there: unset it"
        )

    def database(self, name: str) -> OdooLogin:
        """That database, whatever it holds."""
        del name
        return self._login

    def drop(self, login: OdooLogin) -> None:
        """It is not ours to drop."""

    def stop(self) -> None:
        """Nor to stop."""


def find_odoo(environment: Mapping[str, str] = os.environ) -> ScriptedOdoo | UsersOdoo:
    """The real Odoo to test on, started.

    Raises:
        OdooNotHereError: None is wanted here.
    """
    if environment.get("ODOO_URL"):
        odoo: ScriptedOdoo | UsersOdoo = UsersOdoo(environment)
    elif environment.get("REQUIRE_REAL_ODOO") == "1" or _script("status").returncode == 0:
        odoo = ScriptedOdoo()
    else:
        raise OdooNotHereError(
            "needs a real Odoo 19: run `make test-odoo`, start one with scripts/odoo19.sh start, "
            "or name a database for tests in ODOO_URL, ODOO_DATABASE, …"
        )
    odoo.start()
    return odoo


def make_sales_user(admin: OdooLogin, username: str, *, with_key: bool = True) -> OdooLogin:
    """A plain salesperson: "Sales / User: All Documents" and nothing more.

    The key is made the way a person makes it, in a web session of the user's own: over the external
    API Odoo refuses it.
    """
    client = admin.client()
    module, _, name = SALES_ALL.partition(".")
    domain = [["module", "=", module], ["name", "=", name]]
    group = client.search_read("ir.model.data", domain, ["res_id"])[0]["res_id"]
    internal = [["module", "=", "base"], ["name", "=", "group_user"]]
    user_group = client.search_read("ir.model.data", internal, ["res_id"])[0]["res_id"]
    groups = "group_ids" if client.server_version.major >= 19 else "groups_id"
    password = "a-long-test-password"
    client.create(
        "res.users",
        [
            {
                "name": "Sam Seller",
                "login": username,
                "email": f"{username}@example.com",
                "password": password,
                groups: [[6, 0, [user_group, group]]],
            }
        ],
        context={"no_reset_password": True},
    )
    made = OdooLogin(admin.url, admin.database, username, password, None)
    return replace(made, api_key=make_key(made)) if with_key else made


def make_key(login: OdooLogin) -> str:
    """An API key of a user's, made through the web client's own requests."""
    with requests.Session() as session:

        def ask(path: str, params: Mapping[str, Any]) -> Any:
            body = {"jsonrpc": "2.0", "method": "call", "params": params}
            answer = session.post(login.url + path, json=body, timeout=60).json()
            assert "error" not in answer, answer["error"]["data"]["name"]
            return answer.get("result")

        def call(model: str, method: str, *args: Any, **kwargs: Any) -> Any:
            params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
            return ask(f"/web/dataset/call_kw/{model}/{method}", params)

        ask(
            "/web/session/authenticate",
            {"db": login.database, "login": login.username, "password": login.password},
        )
        wizard = call(
            "res.users.apikeys.description", "create", {"name": "tests", "duration": "30"}
        )
        check = call("res.users.apikeys.description", "make_key", [wizard])["res_id"]
        # 18 looks for the password in the record, 19 in the context.
        secret = {"password": login.password}
        call("res.users.identitycheck", "write", [check], secret)
        shown = call("res.users.identitycheck", "run_check", [check], context=secret)
        return str(shown["context"]["default_key"])


def _script(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPT), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def _checked(*words: str) -> dict[str, str]:
    done = _script(*words)
    assert done.returncode == 0, f"scripts/odoo19.sh {' '.join(words)}:\n{done.stderr}"
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)

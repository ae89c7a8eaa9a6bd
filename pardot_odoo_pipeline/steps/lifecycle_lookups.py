"""What the rules of deals and automation name, found in both systems.

What lives here: stages, lost reasons, teams and users of Odoo, lists, users and custom fields of
Pardot, each read once when it is first asked for; and the errors for what is not there. What does
not: using them (``lifecycle.py``, ``automation.py``).

Names in Odoo are read in English, and archived records with them: a lost reason that was put away
still says why a deal was lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.deal_forms import Stage
from pardot_odoo_pipeline.mapping.stage_rules import PardotList
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.memberships import all_lists

__all__ = ["LifecycleLookups", "OdooUser", "wrong_rule"]

_ENGLISH = {"lang": "en_US", "active_test": False}
_SHOWN = 12


@dataclass(frozen=True)
class OdooUser:
    """A user of Odoo: ``address`` is the e-mail address, or a login that is one."""

    user_id: int
    address: str
    is_active: bool


class LifecycleLookups:
    """Names and ids of both systems.

    Args:
        odoo: Reads Odoo.
        pardot: Reads Pardot.
    """

    def __init__(self, odoo: OdooClient, pardot: PardotClient) -> None:
        self._odoo = odoo
        self._pardot = pardot

    @cached_property
    def stages(self) -> dict[int, Stage]:
        """Stages by id."""
        return {
            row["id"]: Stage(row["name"].strip(), bool(row["is_won"]))
            for row in self._read("crm.stage", "name", "is_won")
        }

    def stages_with(self, stage_id: Any) -> dict[int, Stage]:
        """The stages, read anew where that one was made after they were read."""
        if stage_id and stage_id not in self.stages:
            self._odoo.forget("crm.stage")
            del self.stages
        return self.stages

    @cached_property
    def lost_reasons(self) -> dict[int, str]:
        """Names of lost reasons by id."""
        return {row["id"]: row["name"] for row in self._read("crm.lost.reason", "name")}

    @cached_property
    def users(self) -> dict[int, OdooUser]:
        """Odoo's own people by id; portal users are not among them."""
        return {
            row["id"]: OdooUser(
                row["id"],
                (row["email"] or row["login"] or "").strip().lower(),
                bool(row["active"]),
            )
            for row in self._read("res.users", "login", "email", "active", "share")
            if not row["share"]
        }

    @cached_property
    def _users_by_name(self) -> dict[str, OdooUser]:
        found: dict[str, OdooUser] = {}
        for row in self._read("res.users", "login"):
            user = self.users.get(row["id"])
            for name in (user.address, row["login"].strip().lower()) if user else ():
                # Of two with one address the one who still works here.
                known = found.get(name)
                if user and (known is None or (user.is_active and not known.is_active)):
                    found[name] = user
        return found

    def user(self, place: str, name: str) -> OdooUser:
        """A salesperson by e-mail address or login.

        Raises:
            ConfigurationError: Odoo has no such user.
        """
        user = self._users_by_name.get(name.strip().lower())
        if user is None:
            raise wrong_rule(place, "Odoo has no such user", "Name a user by e-mail or login")
        return user

    @cached_property
    def _teams(self) -> dict[str, int]:
        return {
            row["name"].strip(): row["id"]
            for row in reversed(self._read("crm.team", "name", "active"))
            if row["active"]
        }

    def team(self, place: str, name: str) -> int:
        """The id of a sales team.

        Raises:
            ConfigurationError: Odoo has no such team.
        """
        team = self._teams.get(name.strip())
        if team is None:
            raise unknown(place, f"Odoo has no sales team '{name}'", name, self._teams)
        return team

    @cached_property
    def pardot_users(self) -> dict[str, int]:
        """Pardot's users by e-mail address."""
        return {
            row["email"].strip().lower(): int(row["id"])
            for row in self._pardot.users()
            if row.get("email") and not row.get("isDeleted")
        }

    @cached_property
    def custom_fields(self) -> dict[str, Mapping[str, Any]]:
        """The definitions of prospects' custom fields, by API name."""
        return {f"{row['fieldId']}__c": row for row in self._pardot.custom_fields()}

    @cached_property
    def _lists(self) -> list[dict[str, Any]]:
        return [row for row in all_lists(self._pardot) if not row.get("isDeleted")]

    def list_id(self, place: str, wanted: PardotList, *, static: bool) -> int:
        """The id of a list that the rules name.

        Args:
            place: Where they name it.
            wanted: Its id or name.
            static: Whether prospects are to be put on it.

        Raises:
            ConfigurationError: There is none, several have that name, or it fills itself.
        """
        key = "id" if isinstance(wanted, int) else "name"
        found = [row for row in self._lists if row[key] == wanted]
        if not found:
            names = [str(row["name"]) for row in self._lists]
            raise unknown(place, f"Pardot has no list '{wanted}'", str(wanted), names)
        if len(found) > 1:
            ids = ", ".join(str(row["id"]) for row in found)
            raise wrong_rule(
                place, f"{len(found)} lists in Pardot are called '{wanted}'", f"Name one of {ids}"
            )
        if static and found[0].get("isDynamic"):
            raise wrong_rule(
                place,
                f"the list '{wanted}' is dynamic: it fills itself by its own rules",
                "Name a static list, or build the dynamic one on a mapped field",
            )
        return int(found[0]["id"])

    def _read(self, model: str, *fields: str) -> list[dict[str, Any]]:
        return self._odoo.search_read(model, [], list(fields), order="id", context=_ENGLISH)


def wrong_rule(place: str, cause: str, fix: str) -> ConfigurationError:
    """The error for a rule that does not fit the two systems."""
    return ConfigurationError(f"{place} in the rules: {cause}", fix=fix, code="rules_do_not_fit")


def unknown(place: str, cause: str, name: str, known: Iterable[str]) -> ConfigurationError:
    """The error for a name that is not there, with what is."""
    names = sorted(set(known))
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return wrong_rule(place, cause, f"{hint}There are: {', '.join(names[:_SHOWN])}{more}")

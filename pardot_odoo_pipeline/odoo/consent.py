"""Odoo's blacklist, for a user who may not touch it: through the `consent` server action.

What lives here: finding the action, blocking, unblocking, and what was changed by hand. What does
not: deciding whom (`merge.consent`), and the action itself (`consent_action`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pardot_odoo_pipeline.odoo.apply_action.protocol import BINDING_MODEL
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.consent_action.protocol import (
    CONSENT_CONTEXT_KEY,
    CONSENT_PROTOCOL,
    consent_protocol_of,
)
from pardot_odoo_pipeline.odoo.errors import OdooConfigurationError, OdooMissingError

__all__ = ["Blacklist", "BlockChange", "BlockStatus", "find_consent_action"]

_ADDRESSES_A_CALL = 500
_CHANGES_A_CALL = 2000
_TIME = "%Y-%m-%d %H:%M:%S"


class BlockStatus(StrEnum):
    """What became of one address. `consent_action/protocol.py` says exactly when."""

    DONE = "done"
    SAME = "same"
    KEPT = "kept"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class BlockChange:
    """One entry of the blacklist that was changed.

    Attributes:
        email_key: The match key of the people with this address.
        blocked: What it says now.
        ours: Whether this user was the last to change it.
        changed_at: When, in UTC, as Odoo tells it.
    """

    email_key: str
    blocked: bool
    ours: bool
    changed_at: str


def find_consent_action(bindings: Mapping[str, Any]) -> int | None:
    """The id of the action among what `get_bindings` lists for this user; None when it is not.

    Raises:
        OdooConfigurationError: It is there in another version.
    """
    found = {
        number: int(binding["id"])
        for binding in bindings.get("action", ())
        if (number := consent_protocol_of(binding["name"])) is not None
    }
    if CONSENT_PROTOCOL in found:
        return found[CONSENT_PROTOCOL]
    if found:
        raise _wrong_protocol(max(found))
    return None


class Blacklist:
    """The addresses that Odoo sends no mailing to.

    Args:
        client: The connection.
        action_id: The id of the `consent` action; None where it is not provisioned for this user:
            then nothing can be blocked, and nothing is known of what was changed by hand.
    """

    def __init__(self, client: OdooClient, action_id: int | None) -> None:
        self.client = client
        self.action_id = action_id

    @classmethod
    def of(cls, client: OdooClient) -> Blacklist:
        """The blacklist of an Odoo, the action looked up in one call."""
        bindings = client.call(
            "ir.actions.actions",
            "get_bindings",
            model_name=BINDING_MODEL,
            context={"lang": "en_US"},
        )
        return cls(client, find_consent_action(bindings))

    @property
    def writable(self) -> bool:
        """Whether addresses can be blocked."""
        return self.action_id is not None

    def block(self, causes: Mapping[str, str]) -> dict[str, BlockStatus]:
        """Block addresses.

        Args:
            causes: Match key to why: "opted_out", "do_not_email" or "hard_bounced".

        Raises:
            OdooError: Odoo refuses or does not answer. Whatever was done can be asked for again.
        """
        return self._settle("block", causes)

    def unblock(self, keys: Iterable[str]) -> dict[str, BlockStatus]:
        """Lift blocks that this user made; those of anybody else are kept."""
        return self._settle("unblock", dict.fromkeys(keys, "withdrawn"))

    def changes(self, since: datetime, until: datetime) -> list[BlockChange]:
        """What was changed in [since, until), oldest entry first; whole seconds, UTC.

        An entry carries the moment at which its transaction began: `since` has to reach back as
        far as the longest one may take.
        """
        asked = {"since": since.strftime(_TIME), "until": until.strftime(_TIME)}
        found: list[BlockChange] = []
        after: Any = 0
        while after is not False and self.writable:
            page = {**asked, "after": after, "limit": _CHANGES_A_CALL}
            answer = self._run({"changed": page})
            found += [
                BlockChange(row["email"], row["blocked"], row["ours"], row["write_date"])
                for row in answer["changed"]
            ]
            after = answer["next"]
        return found

    def _settle(self, what: str, causes: Mapping[str, str]) -> dict[str, BlockStatus]:
        done: dict[str, BlockStatus] = {}
        if not self.writable:
            return done
        wishes = [{"email": key, "cause": cause} for key, cause in causes.items()]
        for start in range(0, len(wishes), _ADDRESSES_A_CALL):
            chunk = wishes[start : start + _ADDRESSES_A_CALL]
            for told in self._run({what: chunk})["addresses"]:
                done[told["email"]] = BlockStatus(told["status"])
        return done

    def _run(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        assert self.action_id is not None
        context = {CONSENT_CONTEXT_KEY: {"protocol": CONSENT_PROTOCOL, **payload}}
        try:
            answer = self.client.run_server_action(self.action_id, context)
        except OdooMissingError as error:
            raise OdooConfigurationError(
                "The consent action was removed from Odoo",
                fix="Run `pardot-odoo provision` with an Odoo administrator",
                code="consent_gone",
            ) from error
        if not isinstance(answer, dict) or "addresses" not in answer:
            raise _wrong_protocol(answer.get("protocol") if isinstance(answer, dict) else None)
        return answer


def _wrong_protocol(found: object) -> OdooConfigurationError:
    return OdooConfigurationError(
        f"The consent action in Odoo speaks protocol {found or 'unknown'}, "
        f"this pipeline speaks {CONSENT_PROTOCOL}",
        fix="Run `pardot-odoo provision` with an Odoo administrator to update it, or install the "
        "version of the pipeline that provisioned it",
        code="consent_protocol",
    )

"""The rules file's section on who may push events, and which of them go first.

What lives here: the model of the section. What does not: secrets, which are the environment's
(``webhooks/secrets.py``), and acting on events (`event_batches`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from pardot_odoo_pipeline.mapping.section import Section
from pardot_odoo_pipeline.pushed_events import EventType, System

__all__ = ["Authentication", "Network", "SourceRule", "WebhookRules"]


class Authentication(StrEnum):
    """How a source proves who it is."""

    SIGNATURE = "signature"  # Standard Webhooks: an HMAC over id, time and body
    BEARER = "bearer"  # a secret in the Authorization header
    TOKEN = "token"  # a secret at the end of the path, for senders that can do no better


Network = IPv4Network | IPv6Network


def _network(value: object) -> object:
    return ip_network(value, strict=False) if isinstance(value, str) else value


Networks = tuple[Annotated[Network, BeforeValidator(_network)], ...]


class SourceRule(Section):
    """One sender."""

    system: System = Field(description="pardot or odoo: whose events it pushes")
    authentication: Authentication = Field(description="signature, bearer or token")
    active: bool = Field(True, description="Whether its events are taken")
    allow: Networks = Field((), description="Addresses or networks it comes from; none: any")
    rate: int = Field(2000, ge=1, le=100_000, description="Most requests a second")


class WebhookRules(Section):
    """The section as a whole."""

    sources: Mapping[str, SourceRule] = Field(
        default_factory=dict, description="Who may push, by name"
    )
    trusted_proxies: Networks = Field(
        (), description="Whose X-Forwarded-For tells the sender's address"
    )
    max_body_kib: int = Field(256, ge=1, le=10_240, description="Largest body of a request")
    max_events: int = Field(500, ge=1, le=10_000, description="Most events of a request")
    hot_types: tuple[str, ...] = Field(
        (EventType.FORM_SUBMITTED, EventType.FORM_HANDLER_SUBMITTED),
        description="Types of events that go first",
    )
    hot_score: int = Field(100, ge=0, description="An event that tells this score or more, too")
    people_per_batch: int = Field(
        200, ge=1, le=5_000, description="Most people of one batch, unless there is a backlog"
    )
    inbox_days: int = Field(7, ge=1, le=365, description="How long closed events are kept")

    @field_validator("sources")
    @classmethod
    def _names_fit(cls, value: Mapping[str, SourceRule]) -> Mapping[str, SourceRule]:
        for name in value:
            # A part of a path and of an environment variable.
            if re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", name) is None:
                raise ValueError(
                    f"source {name!r} must be lower-case letters, digits, - and _, at most 40"
                )
        if len({name.replace("-", "_") for name in value}) < len(value):
            # They would share a secret, and with it what one of them signed.
            raise ValueError("two sources differ in nothing but - and _")
        return value

    def secret_name(self, source: str) -> str:
        """The environment variable that holds the secrets of a source."""
        return f"WEBHOOK_SECRET_{source.upper().replace('-', '_')}"

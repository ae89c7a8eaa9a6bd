"""The rules file's section on alerts: what is told to whom, how soon, and how often again.

What lives here: the model of the section. What does not: finding that something is wrong, and
telling it (`operations`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field, field_validator

from pardot_odoo_pipeline.mapping.section import Section
from pardot_odoo_pipeline.mapping.threshold_rules import ThresholdRules

__all__ = ["AlertRules", "ChannelRule", "Severity", "SeverityRule"]

CHANNEL_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


class Severity(StrEnum):
    """How much an incident matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class SeverityRule(Section):
    """When incidents of a severity are told."""

    after_minutes: int = Field(0, ge=0, le=1_440, description="What is over sooner is not told")
    remind_hours: int | None = Field(
        None, ge=1, le=744, description="Told again while it lasts; null: once"
    )


class ChannelRule(Section):
    """What one channel of ALERT_URLS is told."""

    severities: tuple[Severity, ...] = Field(
        tuple(Severity), description="Incidents of these severities"
    )
    causes: tuple[str, ...] = Field(
        ("*",), description="Incidents with these causes, such as odoo:* or threshold:*"
    )


class AlertRules(Section):
    """The section as a whole."""

    active: bool = Field(True, description="Whether people are told of incidents")
    error: SeverityRule = Field(default_factory=lambda: SeverityRule.model_validate({}))
    warning: SeverityRule = Field(default_factory=lambda: SeverityRule.model_validate({}))
    info: SeverityRule = Field(default_factory=lambda: SeverityRule.model_validate({}))
    channels: Mapping[str, ChannelRule] = Field(
        default_factory=dict, description="By the name of the URL; not listed: everything"
    )

    thresholds: ThresholdRules = Field(
        default_factory=lambda: ThresholdRules.model_validate({}),
        description="From when on a figure is unusual",
    )

    @field_validator("channels")
    @classmethod
    def _names_fit(cls, value: Mapping[str, ChannelRule]) -> Mapping[str, ChannelRule]:
        for name in value:
            if CHANNEL_NAME.fullmatch(name) is None:
                raise ValueError(
                    f"channel {name!r} must be lower-case letters, digits, - and _, at most 40"
                )
        return value

    def of(self, severity: Severity) -> SeverityRule:
        """When incidents of that severity are told."""
        return {
            Severity.ERROR: self.error,
            Severity.WARNING: self.warning,
            Severity.INFO: self.info,
        }[severity]

"""The rules: what the one commented YAML file may say.

What lives here: the model of the file and the questions that the rest of the package asks of it.
What does not: reading YAML and naming the line of a mistake (``rules_file.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pycountry
from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from pardot_odoo_pipeline.mapping.activity_rules import ActivityRules
from pardot_odoo_pipeline.mapping.alert_rules import AlertRules
from pardot_odoo_pipeline.mapping.automation_rules import AutomationRules
from pardot_odoo_pipeline.mapping.consent_rules import ConsentRules
from pardot_odoo_pipeline.mapping.fields import (
    DERIVED_FIELDS,
    STANDARD_COLUMNS,
    pardot_fields,
)
from pardot_odoo_pipeline.mapping.limit_rules import AuditRules, Limits, OffPeak, Retention
from pardot_odoo_pipeline.mapping.list_rules import ListRules
from pardot_odoo_pipeline.mapping.outage_rules import Outages
from pardot_odoo_pipeline.mapping.quota_rules import CredentialRules, QuotaRules
from pardot_odoo_pipeline.mapping.reconcile_rules import ReconcileRules
from pardot_odoo_pipeline.mapping.safety_rules import SafetyRules
from pardot_odoo_pipeline.mapping.section import Section
from pardot_odoo_pipeline.mapping.snapshot_rules import SnapshotRules
from pardot_odoo_pipeline.mapping.stage_rules import StageRules
from pardot_odoo_pipeline.mapping.webhook_rules import WebhookRules

__all__ = [
    "FIXED_TRANSFORMS",
    "TEXT_STEPS",
    "Authority",
    "BlankPolicy",
    "Direction",
    "FieldRule",
    "NamedBy",
    "Rules",
    "Transform",
    "UnknownPolicy",
]


class Transform(StrEnum):
    """How a value is brought into canonical form: one kind, and steps that follow it."""

    IDENTITY = "identity"
    EMAIL = "email"
    TEXT = "text"
    LINES = "lines"
    COMPANY = "company"
    PHONE = "phone"
    COUNTRY = "country"
    STATE = "state"
    WEBSITE = "website"
    PICKLIST = "picklist"
    CHOICES = "choices"
    GRADE = "grade"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    TIME = "time"
    DERIVED = "derived"
    UPPER = "upper"
    LOWER = "lower"
    TITLE = "title"
    DIGITS = "digits"


TEXT_STEPS = frozenset({Transform.UPPER, Transform.LOWER, Transform.TITLE, Transform.DIGITS})
"""Steps that may follow a kind whose values are free text."""

_FREE_TEXT = frozenset({Transform.TEXT, Transform.LINES, Transform.COMPANY})


class Authority(StrEnum):
    """Which side's value stands when both hold different ones."""

    PARDOT = "pardot"
    ODOO = "odoo"
    LATEST = "latest"


class BlankPolicy(StrEnum):
    """What a blank in Pardot does to a value in Odoo."""

    KEEP = "keep"
    CLEAR = "clear"
    FILL_ONLY = "fill_only"


class Direction(StrEnum):
    """Which way the values of a field flow."""

    BOTH = "both"
    TO_ODOO = "to_odoo"
    TO_PARDOT = "to_pardot"


class UnknownPolicy(StrEnum):
    """What happens to a value that the Odoo field does not offer."""

    DEFAULT = "default"
    CREATE = "create"
    HOLD = "hold"


class NamedBy(StrEnum):
    """What tells the records of a relational field apart."""

    NAME = "name"
    CODE = "code"
    EMAIL = "email"


FIXED_TRANSFORMS: Mapping[str, Transform] = {
    "id": Transform.IDENTITY,
    "email": Transform.EMAIL,
    "country": Transform.COUNTRY,
    "state": Transform.STATE,
    "isDeleted": Transform.FLAG,
    "lastActivityAt": Transform.TIME,
    "createdAt": Transform.TIME,
    "updatedAt": Transform.TIME,
    **dict.fromkeys(DERIVED_FIELDS, Transform.DERIVED),
}
"""Fields whose transform cannot be changed: identity, versions and other conversions rest on it."""


def _as_tuple(value: Any) -> Any:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _kind_then_steps(chain: tuple[Transform, ...]) -> tuple[Transform, ...]:
    if not chain or chain[0] in TEXT_STEPS:
        raise ValueError("must begin with a kind, like text")
    wrong = [step.value for step in chain[1:] if step not in TEXT_STEPS]
    if wrong:
        raise ValueError(f"'{wrong[0]}' cannot follow; steps are {', '.join(sorted(TEXT_STEPS))}")
    if chain[1:] and chain[0] not in _FREE_TEXT:
        raise ValueError(f"no step can follow '{chain[0]}'; only text, lines and company take them")
    return chain


Transforms = Annotated[
    tuple[Transform, ...], BeforeValidator(_as_tuple), AfterValidator(_kind_then_steps)
]
OdooField = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Targets = Annotated[tuple[OdooField, ...], BeforeValidator(_as_tuple)]


class FieldRule(Section):
    """Where one Pardot field goes and by which rules."""

    lead: Targets = Field((), description="Fields of crm.lead: none, one or several")
    partner: Targets = Field((), description="Fields of res.partner: none, one or several")
    transform: Transforms = Field((Transform.TEXT,), description="How the value is normalised")
    direction: Direction = Field(Direction.BOTH, description="Which way values flow")
    authority: Authority = Field(Authority.LATEST, description="Whose value stands in a conflict")
    blank: BlankPolicy = Field(BlankPolicy.KEEP, description="What a blank in Pardot does")
    limit: int | None = Field(None, ge=8, le=100_000, description="Longest value, in characters")
    decimals: int = Field(0, ge=0, le=6, description="Decimals of a number; 0 is a whole number")
    unknown: UnknownPolicy = Field(
        UnknownPolicy.DEFAULT, description="What happens to a value that Odoo does not offer"
    )
    default: str | None = Field(None, description="What stands for a value that Odoo lacks")
    by: NamedBy | None = Field(None, description="What tells records of a relation apart")
    join: str = Field("; ", min_length=1, max_length=8, description="Between several values")
    required: bool = Field(False, description="Whether a blank is reported")
    index: bool = Field(False, description="Whether a field that provisioning makes is indexed")

    @property
    def kind(self) -> Transform:
        """What the values are."""
        return self.transform[0]

    @property
    def steps(self) -> tuple[Transform, ...]:
        """What is done to their text afterwards."""
        return self.transform[1:]

    def targets(self, model: str) -> tuple[str, ...]:
        """Its fields of ``crm.lead`` or ``res.partner``."""
        return self.lead if model == "crm.lead" else self.partner


class Rules(Section):
    """The whole file."""

    active: bool = Field(True, description="Whether the schedule opens batches")
    business_unit_id: str | None = Field(None, description="The only business unit to accept")
    sync_interval: int = Field(15, ge=1, le=1_440, description="Minutes between interval batches")
    batch_size: int = Field(20_000, ge=1, le=100_000, description="Most people in one batch")
    reference_minutes: int = Field(
        60, ge=0, le=1_440, description="How long fields, stages, users and the like are remembered"
    )
    default_country: str | None = Field(None, description="ISO2, for phones without a country")
    account_time_zone: str = Field("UTC", description="IANA zone of times without an offset")
    off_peak: OffPeak | None = Field(None, description="The hours for bulk work; null: any")
    audit: AuditRules = Field(default_factory=lambda: AuditRules.model_validate({}))
    retention: Retention = Field(default_factory=lambda: Retention.model_validate({}))
    outages: Outages = Field(default_factory=lambda: Outages.model_validate({}))
    limits: Limits = Field(default_factory=lambda: Limits.model_validate({}))
    picklists: Mapping[str, Mapping[str, str]] = Field(
        default_factory=dict, description="Per field: Pardot value to the name in Odoo"
    )
    fields: Mapping[str, FieldRule] = Field(default_factory=dict, description="The field map")
    activities: ActivityRules = Field(default_factory=lambda: ActivityRules.model_validate({}))
    lists: ListRules = Field(default_factory=lambda: ListRules.model_validate({}))
    stages: StageRules = Field(default_factory=lambda: StageRules.model_validate({}))
    automation: AutomationRules = Field(default_factory=lambda: AutomationRules.model_validate({}))
    consent: ConsentRules = Field(default_factory=lambda: ConsentRules.model_validate({}))
    safety: SafetyRules = Field(default_factory=lambda: SafetyRules.model_validate({}))
    reconcile: ReconcileRules = Field(default_factory=lambda: ReconcileRules.model_validate({}))
    webhooks: WebhookRules = Field(default_factory=lambda: WebhookRules.model_validate({}))
    alerts: AlertRules = Field(default_factory=lambda: AlertRules.model_validate({}))
    snapshots: SnapshotRules = Field(default_factory=lambda: SnapshotRules.model_validate({}))
    quota: QuotaRules = Field(default_factory=lambda: QuotaRules.model_validate({}))
    credentials: CredentialRules = Field(default_factory=lambda: CredentialRules.model_validate({}))

    @field_validator("default_country", mode="before")
    @classmethod
    def _country_exists(cls, value: Any) -> Any:
        if value is None:
            return None
        # YAML reads an unquoted NO as "no", and Norway is a country.
        code = "NO" if value is False else str(value).upper()
        if len(code) != 2 or pycountry.countries.get(alpha_2=code) is None:
            raise ValueError("must be a two-letter ISO 3166-1 code, like DE")
        return code

    @field_validator("account_time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("must be an IANA time zone, like Europe/Berlin") from None
        return value

    @property
    def required_fields(self) -> tuple[str, ...]:
        """The Pardot fields whose blank is reported."""
        return tuple(name for name, rule in self.fields.items() if rule.required)

    @property
    def extra_fields(self) -> tuple[str, ...]:
        """The mapped prospect fields that are not read of everybody."""
        return tuple(name for name in pardot_fields(self.fields) if name not in STANDARD_COLUMNS)

    def transform_of(self, field: str) -> Transform:
        """How a Pardot field is normalised."""
        fixed = FIXED_TRANSFORMS.get(field)
        if fixed is not None:
            return fixed
        rule = self.fields.get(field)
        return rule.kind if rule is not None else Transform.TEXT

    def limit_of(self, field: str) -> int:
        """The longest normalised value of a Pardot field."""
        rule = self.fields.get(field)
        if rule is not None and rule.limit is not None:
            return rule.limit
        by_kind = {
            Transform.COMPANY: self.limits.company,
            Transform.WEBSITE: self.limits.website,
            Transform.LINES: self.limits.comments,
        }
        return by_kind.get(self.transform_of(field), self.limits.text)

    def value_map(self, field: str) -> dict[str, str]:
        """Lower-case Pardot value to the name in Odoo."""
        return {key.lower(): name for key, name in self.picklists.get(field, {}).items()}

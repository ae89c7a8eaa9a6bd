"""The fields that the synchronisation adds to leads and contacts.

What lives here: their names, types and labels, and the values that `ir.model.fields` takes. What
does not: putting them into Odoo (`provision`), and which Pardot field goes into which (`mapping`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["FIELDS", "REVIEW", "SCORE", "FieldSpec", "creation_values"]

LEAD = "crm.lead"
PARTNER = "res.partner"
SCORE = "x_pardot_score"
REVIEW = "x_pardot_review"

_GRADES = (
    *(
        (f"{letter.lower()}{suffix}", f"{letter}{sign}")
        for letter in "ABCD"
        for suffix, sign in (("_plus", "+"), ("", ""), ("_minus", "-"))
    ),
    ("f", "F"),
)

_STATES = (
    ("active", "Active"),
    ("recycle_bin", "In the recycle bin"),
    ("deleted", "Deleted"),
)

_AGGREGATES = (
    ("email_opens", "Pardot Email Opens", "How often this person opened an e-mail."),
    ("email_clicks", "Pardot Email Clicks", "How often this person clicked in an e-mail."),
    ("form_submissions", "Pardot Form Submissions", "How many forms this person completed."),
    ("page_views", "Pardot Page Views", "How many pages this person looked at."),
    ("activities_30d", "Pardot Activities (30 days)", "What this person did in the last 30 days."),
    (
        "trend_30d",
        "Pardot Trend (30 days)",
        "The last 30 days compared with the 30 days before: above 0 the interest grows.",
    ),
)

# A computed field rather than a related one: Odoo keeps the case of a local part that is not ASCII
# ("JÜRGEN@example.com"), the match key does not. Both cost the same: 500 creates at a time went at
# 1,074 to 1,124 rows/s without the field, 1,037 to 1,132 with a related and 1,035 to 1,110 with
# this one; filling it for 2,000 leads that were there took 0.2 s.
_EMAIL_KEY = """for record in self:
    record['x_pardot_email_key'] = (record.email_normalized or '').lower() or False"""


@dataclass(frozen=True)
class FieldSpec:
    """One field of one model.

    Attributes:
        model: "crm.lead" or "res.partner".
        name: Begins with `x_pardot_`.
        label: What people read.
        kind: Odoo's type.
        help: What people read when they point at it.
        size: Longest char; Odoo cuts without a word, so above anything that is ever sent.
        index: Whether PostgreSQL indexes it.
        selection: Ordered (key, label) pairs.
        compute: Python text for a stored computed field.
        depends: What it follows.
        zero: Whether it begins with zero: an empty number sorts above the highest one.
        mapped: Whether a rule names it: then somebody may have made it, and it is theirs.
        advice: What the report says when it is made.
    """

    model: str
    name: str
    label: str
    kind: str
    help: str = ""
    size: int = 0
    index: bool = False
    selection: tuple[tuple[str, str], ...] = ()
    compute: str = ""
    depends: str = ""
    zero: bool = False
    mapped: bool = False
    advice: str = ""

    @property
    def external_name(self) -> str:
        """The name of its external id in our module."""
        return f"field_{self.model.replace('.', '_')}_{self.name}"


def _on_both(name: str, label: str, kind: str, **more: Any) -> tuple[FieldSpec, ...]:
    return tuple(FieldSpec(model, name, label, kind, **more) for model in (LEAD, PARTNER))


FIELDS: tuple[FieldSpec, ...] = (
    *_on_both(
        "x_pardot_prospect_id",
        "Pardot Prospect ID",
        "char",
        help="The number of this person in Pardot.",
        size=32,
        index=True,
    ),
    *_on_both(
        SCORE,
        "Pardot Score",
        "integer",
        help="How much interest this person has shown, as Pardot counts it.",
        zero=True,
    ),
    *_on_both(
        "x_pardot_last_activity_at",
        "Pardot Last Activity",
        "datetime",
        help="When this person last did something that Pardot saw.",
    ),
    *_on_both(
        "x_pardot_email_key",
        "Pardot Match Key",
        "char",
        help="The e-mail address in the form by which people are matched.",
        index=True,
        compute=_EMAIL_KEY,
        depends="email_normalized",
    ),
    FieldSpec(
        LEAD,
        "x_pardot_grade",
        "Pardot Grade",
        "selection",
        help="How well this person fits, as Pardot grades it.",
        selection=_GRADES,
    ),
    # Lists sort a selection by its text, "A" before "A+": hence a number beside it.
    FieldSpec(
        LEAD,
        "x_pardot_grade_rank",
        "Pardot Grade Rank",
        "integer",
        help="The grade as a number to sort by: A+ is 13, F is 1, none is 0.",
        zero=True,
    ),
    FieldSpec(
        LEAD,
        "x_pardot_industry",
        "Pardot Industry",
        "char",
        help="The industry as Pardot names it.",
        size=255,
    ),
    *_on_both(
        "x_pardot_opted_out",
        "Pardot Opted Out",
        "boolean",
        help="This person told Pardot to send no more marketing e-mail.",
    ),
    *_on_both(
        "x_pardot_do_not_email",
        "Pardot Do Not Email",
        "boolean",
        help="Somebody marked this person in Pardot as not to be sent e-mail.",
    ),
    *_on_both(
        "x_pardot_hard_bounced",
        "Pardot Hard Bounce",
        "boolean",
        help="The last e-mail from Pardot came back for good: the address does not work.",
    ),
    *_on_both(
        "x_pardot_do_not_call",
        "Do Not Call",
        "boolean",
        help="This person must not be called. Flows both ways between Pardot and Odoo.",
    ),
    *(
        spec
        for name, label, told in _AGGREGATES
        for spec in _on_both(f"x_pardot_{name}", label, "integer", help=told, zero=True)
    ),
    *_on_both(
        "x_pardot_state",
        "Pardot State",
        "selection",
        help="Where this person is in Pardot.",
        selection=_STATES,
    ),
    FieldSpec(
        LEAD,
        REVIEW,
        "Pardot: Needs Review",
        "boolean",
        help="Something about this lead needs a look by a person before it goes on.",
    ),
    FieldSpec(
        LEAD,
        "x_pardot_qualified",
        "Pardot: Qualified",
        "boolean",
        help="This lead reached the threshold of the rules for being qualified.",
    ),
)


def creation_values(spec: FieldSpec, model_id: int) -> dict[str, Any]:
    """What `ir.model.fields.create` takes for a field."""
    values: dict[str, Any] = {
        "name": spec.name,
        "field_description": spec.label,
        "help": spec.help,
        "model_id": model_id,
        "ttype": spec.kind,
        "index": spec.index,
        # A duplicated lead is another record: it must not claim to be the same prospect.
        "copied": False,
    }
    if spec.size:
        values["size"] = spec.size
    if spec.selection:
        values["selection_ids"] = [
            [0, 0, {"value": key, "name": label, "sequence": number}]
            for number, (key, label) in enumerate(spec.selection)
        ]
    if spec.compute:
        values |= {
            "compute": spec.compute,
            "depends": spec.depends,
            "store": True,
            "readonly": True,
        }
    return values

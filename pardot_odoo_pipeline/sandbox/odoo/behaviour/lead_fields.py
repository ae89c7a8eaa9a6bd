"""The computed columns of a lead.

What lives here: what follows from e-mail, phone, stage and archiving, for rows that are created and
for rows that change. What does not: the exchange with the contact (`lead_partner.py`), conversion
and the like (`lead_actions.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import validation_error
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.text import (
    clean_website,
    domain_criterion,
    normalize_email,
    sanitize_phone,
)

__all__ = ["country_codes", "derive", "won_stages"]

Row = dict[str, Any]


def country_codes(env: Env) -> dict[int, str]:
    """Country codes by id."""
    if "countries" not in env.cache:
        env.cache["countries"] = dict(env.rows("SELECT id, code FROM res_country"))
    codes: dict[int, str] = env.cache["countries"]
    return codes


def won_stages(env: Env) -> set[int]:
    """The stages that mean a deal is won."""
    if "won" not in env.cache:
        env.cache["won"] = {row[0] for row in env.rows("SELECT id FROM crm_stage WHERE is_won = 1")}
    won: set[int] = env.cache["won"]
    return won


def derive(env: Env, old: Row | None, row: Row, partner_country: int | None = None) -> None:
    """Fill in what follows from the values in `row`.

    Args:
        env: The call.
        old: The present row, or None while it is created.
        row: The new columns; results are added.
        partner_country: The contact's country, for a phone without one.
    """
    email = row.get("email_from")
    if "email_from" in row:
        normal = normalize_email(email)
        row["email_normalized"] = normal
        row["email_state"] = None if not email else "correct" if normal else "incorrect"
        row["email_domain_criterion"] = domain_criterion(normal)
    if "phone" in row or "country_id" in row:
        before = old or {}
        phone = row["phone"] if "phone" in row else before.get("phone")
        country = row["country_id"] if "country_id" in row else before.get("country_id")
        code = country_codes(env).get(country or partner_country or 0)
        row["phone_sanitized"], row["phone_state"] = sanitize_phone(phone, code)
    if row.get("website"):
        row["website"] = clean_website(row["website"])
    if row.get("user_id") and row["user_id"] != (old or {}).get("user_id"):
        row.setdefault("date_open", env.now)
    if old is None or row.keys() & {"stage_id", "active", "probability", "expected_revenue"}:
        _outcome(env, old or {}, row, fresh=old is None)


def _outcome(env: Env, old: Row, row: Row, *, fresh: bool) -> None:
    def now(name: str) -> Any:
        return row[name] if name in row else old.get(name)

    moved = "stage_id" in row and row["stage_id"] != old.get("stage_id")
    if moved or fresh:
        row["date_last_stage_update"] = env.now
    won = now("stage_id") in won_stages(env)
    if won and (moved or fresh):
        row["probability"] = row["automated_probability"] = 100.0
        row.setdefault("date_closed", env.now)
    elif moved and old.get("stage_id") in won_stages(env):
        row.setdefault("probability", 0.0)
        row["automated_probability"] = row["probability"]
        row["date_closed"] = None
    archived = "active" in row and not row["active"]
    if archived and (env.version >= 19 or row.get("probability", 1) == 0):
        row.setdefault("date_closed", env.now)
    if fresh:
        row.setdefault("probability", 0.0)
        row.setdefault("automated_probability", row["probability"])
    probability = now("probability") or 0.0
    if env.version >= 19:
        if won and not fresh and not moved and "probability" in row and not row["probability"]:
            raise validation_error("A lead in a Won stage cannot be lost.", constraint=False)
        lost = not now("active") and probability == 0
        row["won_status"] = "won" if won else "lost" if lost else "pending"
    row["prorated_revenue"] = round((now("expected_revenue") or 0.0) * probability / 100.0, 2)

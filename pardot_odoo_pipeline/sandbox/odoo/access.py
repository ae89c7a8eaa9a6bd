"""Who may do what.

What lives here: the rights of groups on models, the record rule for leads, and the checks. What
does not: logging in (`users.py`).
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.odoo.errors import access_error
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env, as_json

__all__ = ["GROUPS", "Group", "check_access", "check_records", "groups_of"]

Group = str
# External id -> (name, groups that it implies in a new database).
GROUPS: dict[Group, tuple[str, tuple[Group, ...]]] = {
    "base.group_user": ("Role / User", ()),
    "base.group_portal": ("Role / Portal", ()),
    "base.group_public": ("Role / Public", ()),
    "base.group_partner_manager": ("Contact / Creation", ()),
    "base.group_erp_manager": ("Access Rights", ("base.group_user",)),
    "base.group_system": (
        "Role / Administrator",
        ("base.group_erp_manager", "base.group_partner_manager"),
    ),
    "sales_team.group_sale_salesman": ("User: Own Documents Only", ("base.group_user",)),
    "sales_team.group_sale_salesman_all_leads": (
        "User: All Documents",
        ("sales_team.group_sale_salesman",),
    ),
    "sales_team.group_sale_manager": (
        "Administrator",
        ("sales_team.group_sale_salesman_all_leads",),
    ),
    "crm.group_use_lead": ("Show Lead Menu", ()),
}

_USER, _SALES = "base.group_user", "sales_team.group_sale_salesman"
_CHIEF, _ADMIN = "sales_team.group_sale_manager", "base.group_system"
_RIGHTS_ADMIN, _CONTACTS = "base.group_erp_manager", "base.group_partner_manager"
# Model -> operation letter (c, r, u, d) -> groups of which one is enough.
_RULES: dict[str, dict[str, tuple[Group, ...]]] = {
    "crm.lead": {"cru": (_SALES,), "d": (_CHIEF,)},
    "crm.stage": {"r": (_USER,), "cud": (_CHIEF,)},
    "crm.tag": {"cru": (_SALES,), "d": (_CHIEF,)},
    "crm.team": {"r": (_USER,), "cud": (_CHIEF,)},
    "crm.lost.reason": {"r": (_USER,), "cud": (_CHIEF,)},
    "crm.lead2opportunity.partner": {"crud": (_SALES,)},
    "crm.merge.opportunity": {"crud": (_SALES,)},
    "res.partner": {"r": (_USER,), "cu": (_SALES, _CONTACTS), "d": (_CONTACTS,)},
    "res.partner.category": {"r": (_USER,), "cu": (_SALES, _CONTACTS), "d": (_CONTACTS,)},
    "res.partner.industry": {"r": (_USER,), "cud": (_CONTACTS,)},
    "base.partner.merge.automatic.wizard": {"crud": (_CONTACTS,)},
    "mail.activity.type": {"r": (_USER,), "cud": (_CHIEF, _ADMIN)},
    "mail.activity": {"crud": (_USER,)},
    "mail.message": {"crud": (_USER,)},
    "mail.blacklist": {"crud": (_ADMIN,)},
    "mail.tracking.value": {"crud": (_ADMIN,)},
    "ir.actions.server": {"crud": (_ADMIN,)},
    "ir.ui.view": {"crud": (_ADMIN,)},
    "ir.model": {"r": (_RIGHTS_ADMIN,), "cud": (_ADMIN,)},
    "ir.model.fields": {"r": (_RIGHTS_ADMIN,), "cud": (_ADMIN,)},
    "ir.model.fields.selection": {"r": (_RIGHTS_ADMIN,), "cud": (_ADMIN,)},
    "ir.model.data": {"crud": (_RIGHTS_ADMIN,)},
    "ir.config_parameter": {"crud": (_ADMIN,)},
    "base.automation": {"crud": (_ADMIN,)},
    "res.users": {"r": (_USER,), "cud": (_RIGHTS_ADMIN,)},
    "res.groups": {"r": (_USER,), "cud": (_RIGHTS_ADMIN,)},
    "res.users.apikeys": {"r": (_USER,)},
    "res.users.apikeys.description": {"crud": (_USER,)},
    "res.users.identitycheck": {"crud": (_USER,)},
    "utm.source": {"cru": (_USER,), "d": (_ADMIN,)},
    "utm.medium": {"cru": (_USER,), "d": (_ADMIN,)},
    "utm.campaign": {"cru": (_USER,), "d": (_ADMIN,)},
}
_OTHERWISE = {"r": (_USER,), "cud": (_ADMIN,)}
_LETTERS = {"create": "c", "read": "r", "write": "u", "unlink": "d"}
_VERBS = {"create": "create", "read": "access", "write": "modify", "unlink": "delete"}


def groups_of(env: Env) -> frozenset[Group]:
    """The external ids of the caller's groups, implied ones included."""
    key = ("groups", env.uid)
    if key not in env.cache:
        field = "group_ids" if env.version >= 19 else "groups_id"
        # Which group implies which is data: an administrator may change it.
        found = env.rows(
            "WITH RECURSIVE held(id) AS ("
            f"SELECT right_id FROM rel_res_users_{field} WHERE left_id = ? UNION "
            "SELECT i.right_id FROM rel_res_groups_implied_ids i JOIN held ON i.left_id = held.id)"
            " SELECT d.module || '.' || d.name FROM ir_model_data d JOIN held ON d.res_id = held.id"
            " WHERE d.model = 'res.groups'",
            (env.uid,),
        )
        env.cache[key] = frozenset(name for (name,) in found)
    result: frozenset[Group] = env.cache[key]
    return result


def may(env: Env, model: str, operation: str) -> bool:
    """Whether the caller may do that to the model's records at all."""
    if env.sudo or env.uid == 1:
        return True
    allowed = _allowed(model, operation)
    return bool(groups_of(env) & set(allowed))


def _allowed(model: str, operation: str) -> tuple[Group, ...]:
    letter = _LETTERS[operation]
    rules = _RULES.get(model, _OTHERWISE)
    for letters, groups in rules.items():
        if letter in letters:
            return groups
    return (_ADMIN,)


def check_access(env: Env, model: str, operation: str) -> None:
    """Refuse what the caller's groups do not allow.

    Raises:
        OdooError: AccessError naming the groups that would be enough.
    """
    if may(env, model, operation):
        return
    groups = "\n".join(f"\t- {GROUPS[g][0]}" for g in _allowed(model, operation))
    raise access_error(
        f"You are not allowed to {_VERBS[operation]} '{env.model(model).label}' ({model})"
        " records.\n\n"
        f"This operation is allowed for the following groups:\n{groups}\n\n"
        "Contact your administrator to request access if necessary."
    )


def check_records(env: Env, model: str, ids: list[int]) -> None:
    """Refuse leads that the record rule hides from the caller."""
    if env.sudo or model != "crm.lead" or "own_leads_only" not in env.notes:
        return
    foreign = env.value(
        "SELECT COUNT(*) FROM crm_lead WHERE id IN (SELECT value FROM json_each(?)) "
        "AND user_id IS NOT NULL AND user_id != ?",
        (as_json(ids), env.uid),
    )
    if foreign:
        raise access_error(
            "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"
            f"Sorry, you do not have sufficient access rights to 'Lead' ({model}) records."
        )

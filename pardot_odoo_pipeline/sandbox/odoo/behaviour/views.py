"""Views: kept, and checked as far as others build on them.

What lives here: `ir.ui.view`. What does not: rendering.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any
from xml.etree.ElementTree import Element

from pardot_odoo_pipeline.sandbox.odoo.errors import validation_error
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env, as_json

__all__ = ["VIEWS", "get_views"]

Row = dict[str, Any]
_FIRST = "Error while parsing or validating view:\n\n"


def _defaults(env: Env) -> Row:
    return {"priority": 16, "active": True}


def _completing(env: Env, rows: list[Row], given: list[Row]) -> None:
    for row in rows:
        parent = _parent(env, row.get("inherit_id"))
        row["mode"] = row.get("mode") or ("extension" if parent else "primary")
        if parent:
            row["type"] = parent["type"]
            row["model"] = row.get("model") or parent["model"]
        _check(env, row, parent)
        if not row.get("type"):
            row["type"] = ElementTree.fromstring(row["arch_db"]).tag


def _changing(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    for number, row in changes.items():
        if "arch_db" in row:
            whole = {**current[number], **row}
            _check(env, whole, _parent(env, whole["inherit_id"]))


def _parent(env: Env, number: int | None) -> Row | None:
    return env.records("ir.ui.view", [number]).get(number) if number else None


def _parse(arch: str) -> Element:
    try:
        return ElementTree.fromstring(arch)
    except ElementTree.ParseError as wrong:
        raise validation_error(f"{_FIRST}{wrong}", constraint=False) from None


def _check(env: Env, row: Row, parent: Row | None) -> None:
    arch = row.get("arch_db")
    if not arch:
        raise validation_error(f"{_FIRST}The view has no architecture", constraint=False)
    root = _parse(arch)
    for element in root.iter():
        if element.tag == "tree" or "attrs" in element.attrib or "states" in element.attrib:
            raise validation_error(
                f"{_FIRST}Invalid view {row.get('name')} definition", constraint=False
            )
    if parent is not None:
        _locate(root, _parse(parent["arch_db"]))
    model = row.get("model")
    if not isinstance(model, str) or model not in env.registry:
        return
    for element in root.iter("field"):
        name = element.get("name", "")
        if "position" not in element.attrib and name not in env.model(model).fields:
            raise validation_error(
                f"Error while validating view near:\n\n"
                f"{ElementTree.tostring(element, encoding='unicode')}\n"
                f'Field "{name}" does not exist in model "{model}"',
                constraint=False,
            )


def _anchor(wrapped: Element, spec: Element) -> Element | None:
    if spec.tag == "xpath":
        expression = spec.get("expr", "")
        return wrapped.find(f".{expression}" if expression.startswith("/") else expression)
    name = spec.get("name")
    return wrapped.find(f".//{spec.tag}[@name='{name}']" if name else f".//{spec.tag}")


def _locate(root: Element, parent: Element) -> None:
    """Refuse an extension whose anchor the parent does not have."""
    wrapped = Element("document")
    wrapped.append(parent)
    for spec in list(root) if root.tag == "data" else [root]:
        if _anchor(wrapped, spec) is None:
            shown = " ".join(f'{k}="{v}"' for k, v in spec.items() if k != "position")
            raise validation_error(
                f"{_FIRST}Element '<{spec.tag} {shown}>' cannot be located in parent view",
                constraint=False,
            )


def _arch(env: Env, ids: list[int]) -> dict[int, Any]:
    return dict(
        env.rows(
            "SELECT id, arch_db FROM ir_ui_view WHERE id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
    )


def _external_id(env: Env, ids: list[int]) -> dict[int, Any]:
    told: dict[int, Any] = dict.fromkeys(ids, "")
    told.update(
        env.rows(
            "SELECT res_id, module || '.' || name FROM ir_model_data WHERE model = 'ir.ui.view' "
            "AND res_id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
    )
    return told


def _as_stored(env: Env, value: Any) -> Row:
    return {"arch_db": value}


def get_views(env: Env, model: str, views: list[Any], options: Any = None) -> Row:
    """`get_views`: the architecture of each asked view with its extensions put in."""
    told: Row = {}
    for number, kind in views:
        chosen = number or env.value(
            "SELECT id FROM ir_ui_view WHERE model = ? AND type = ? AND mode = 'primary' "
            "ORDER BY priority, id",
            (model, kind),
        )
        row = env.records("ir.ui.view", [chosen]).get(chosen) if chosen else None
        if row is None:
            told[kind] = {"id": False, "arch": f"<{kind}/>", "model": model}
            continue
        wrapped = Element("document")
        wrapped.append(_parse(row["arch_db"]))
        for (arch,) in env.rows(
            "SELECT arch_db FROM ir_ui_view WHERE inherit_id = ? AND mode = 'extension' "
            "AND active = 1 ORDER BY priority, id",
            (row["id"],),
        ):
            _extend(wrapped, _parse(arch))
        arch = ElementTree.tostring(wrapped[0], encoding="unicode")
        told[kind] = {"id": row["id"], "arch": arch, "model": model}
    return {"views": told, "models": {model: {"fields": {}}}}


def _extend(wrapped: Element, root: Element) -> None:
    for spec in list(root) if root.tag == "data" else [root]:
        found = _anchor(wrapped, spec)
        if found is None:
            continue
        parents = {child: parent for parent in wrapped.iter() for child in parent}
        position = spec.get("position", "inside")
        if position == "inside":
            found.extend(list(spec))
        elif position == "attributes":
            for attribute in spec.iter("attribute"):
                found.set(attribute.get("name", ""), attribute.text or "")
        else:
            parent = parents[found]
            at = list(parent).index(found) + (position == "after")
            if position == "replace":
                parent.remove(found)
            for offset, element in enumerate(list(spec)):
                parent.insert(at + offset, element)


VIEWS = Behaviour(
    defaults=_defaults,
    completing=_completing,
    changing=_changing,
    computed={"arch": _arch, "arch_base": _arch, "xml_id": _external_id},
    written={"arch": _as_stored, "arch_base": _as_stored},
)

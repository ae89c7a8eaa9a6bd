"""Putting fields into Odoo.

What lives here: creating missing fields, bringing those of ours up to date, and the zeros that
numbers begin with. What does not: which fields there must be (`fields`, `mapped_fields`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pardot_odoo_pipeline.odoo.apply_action.protocol import EXTERNAL_MODULE
from pardot_odoo_pipeline.odoo.provisioning.fields import FieldSpec, creation_values
from pardot_odoo_pipeline.odoo.provisioning.installation import QUIET, Installation
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome

__all__ = ["install_fields"]

_RECORDS_A_CALL = 2000


def install_fields(run: Installation, specs: Sequence[FieldSpec]) -> None:
    """See that fields are there, and that numbers which people sort by are never empty."""
    found = _found(run, specs)
    missing = [spec for spec in specs if (spec.model, spec.name) not in found]
    if missing and not run.dry_run:
        _create(run, missing)
    for spec in specs:
        name = f"{spec.model}.{spec.name}"
        if spec in missing:
            run.step("field", name, Outcome.CREATED, spec.advice)
        else:
            run.step("field", name, *_kept(run, spec, found[spec.model, spec.name]))
    if missing and not run.dry_run:
        found = _found(run, specs)
    _zeros(run, [spec for spec in specs if spec.zero], found, missing)


def _create(run: Installation, missing: Sequence[FieldSpec]) -> None:
    """All missing ones in one call, because each call rebuilds Odoo's registry."""
    values = [creation_values(spec, run.models[spec.model]) for spec in missing]
    ids = run.client.create("ir.model.fields", values, context=QUIET)
    run.client.create(
        "ir.model.data",
        [
            {
                "module": EXTERNAL_MODULE,
                "name": spec.external_name,
                "model": "ir.model.fields",
                "res_id": field_id,
                "noupdate": True,
            }
            for spec, field_id in zip(missing, ids, strict=True)
        ],
    )


def _found(run: Installation, specs: Sequence[FieldSpec]) -> dict[tuple[str, str], dict[str, Any]]:
    models = sorted({spec.model for spec in specs})
    rows = run.client.search_read(
        "ir.model.fields",
        [["model", "in", models], ["name", "in", sorted({spec.name for spec in specs})]],
        [
            *("model", "name", "ttype", "field_description", "help", "index", "size"),
            *("compute", "depends"),
        ],
        context=QUIET,
    )
    return {(row["model"], row["name"]): row for row in rows}


def _kept(run: Installation, spec: FieldSpec, row: Mapping[str, Any]) -> tuple[Outcome, str]:
    """Bring a field of ours up to date; leave a stranger's alone."""
    owned = spec.external_name in run.owned
    if spec.mapped and not owned:
        return Outcome.EXISTS, ""
    if row["ttype"] != spec.kind:
        if not owned:
            return Outcome.REFUSED, f"a field of this name is there, of type {row['ttype']}"
        return Outcome.REFUSED, (
            f"it was made as {row['ttype']}, the rules want {spec.kind}, and Odoo cannot change "
            "that: name another field in the rules, or delete this one with all its values first"
        )
    absent = _absent_keys(run, spec, row["id"])
    changes = _changes(spec, row)
    if not changes and not absent:
        return Outcome.EXISTS, ""
    if not owned:
        if absent:
            values = ", ".join(label for _, label, _ in absent)
            return Outcome.REFUSED, f"a field of this name is there, without {values}"
        return Outcome.EXISTS, ""
    if not run.dry_run:
        if changes:
            run.client.write("ir.model.fields", [row["id"]], changes, context=QUIET)
        if absent:
            run.client.create(
                "ir.model.fields.selection",
                [
                    {"field_id": row["id"], "value": key, "name": label, "sequence": n}
                    for key, label, n in absent
                ],
                context=QUIET,
            )
    return Outcome.CHANGED, ", ".join([*changes, *(label for _, label, _ in absent)])


def _changes(spec: FieldSpec, row: Mapping[str, Any]) -> dict[str, Any]:
    """What a field of ours is told anew."""
    wanted: dict[str, Any] = {"index": spec.index}
    if spec.mapped:
        # People may call it something else, and an index that they added is theirs.
        wanted = {"index": True} if spec.index else {}
    else:
        wanted |= {"field_description": spec.label, "help": spec.help}
        wanted |= {"compute": spec.compute, "depends": spec.depends}
    changes = {name: new for name, new in wanted.items() if (row[name] or "") != (new or "")}
    # It only ever grows: a smaller one would cut what is there.
    if spec.size > (row["size"] or spec.size):
        changes["size"] = spec.size
    return changes


def _absent_keys(run: Installation, spec: FieldSpec, field_id: int) -> list[tuple[str, str, int]]:
    if not spec.selection:
        return []
    keys = run.client.search_read(
        "ir.model.fields.selection", [["field_id", "=", field_id]], ["value"]
    )
    known = {key["value"] for key in keys}
    return [(key, label, n) for n, (key, label) in enumerate(spec.selection) if key not in known]


def _zeros(
    run: Installation,
    specs: Sequence[FieldSpec],
    found: Mapping[tuple[str, str], Mapping[str, Any]],
    created: Sequence[FieldSpec],
) -> None:
    """Numbers begin with zero: an empty one would sort above the highest."""
    refs = _defaults(run, specs)
    for model in sorted({spec.model for spec in specs}):
        of_model = [spec for spec in specs if spec.model == model]
        waiting = [s for s in of_model if (found.get((model, s.name)) or {}).get("id") not in refs]
        # Before the defaults: as long as one of them is missing, this has to be done again.
        if waiting:
            _fill(run, model, waiting, created)
        for spec in of_model:
            outcome = Outcome.CREATED if spec in waiting else Outcome.EXISTS
            if spec in waiting and not run.dry_run:
                run.client.call(
                    "ir.default", "set", model_name=model, field_name=spec.name, value=0
                )
            run.step("default", f"{model}.{spec.name} = 0", outcome)


def _defaults(run: Installation, specs: Sequence[FieldSpec]) -> set[int]:
    """Ids of the fields that have a default for everybody."""
    rows = run.client.search_read(
        "ir.default",
        [
            ["field_id.model", "in", sorted({spec.model for spec in specs})],
            ["field_id.name", "in", sorted({spec.name for spec in specs})],
            ["user_id", "=", False],
            ["company_id", "=", False],
            ["condition", "=", False],
        ],
        ["field_id"],
    )
    return {row["field_id"][0] for row in rows}


def _fill(
    run: Installation, model: str, waiting: Sequence[FieldSpec], created: Sequence[FieldSpec]
) -> None:
    """Give records that were there a zero in every field that is empty."""
    new = {spec.name: 0 for spec in waiting if spec in created}
    told: set[int] = set()
    if new:
        told |= _written(run, model, [], new)
    for spec in waiting:
        if spec not in created:
            told |= _written(run, model, [[spec.name, "=", False]], {spec.name: 0})
    if told:
        run.step("values", model, Outcome.CHANGED, f"{len(told)} records got zeros to sort by")


def _written(
    run: Installation, model: str, domain: Sequence[Any], values: Mapping[str, int]
) -> set[int]:
    ids = run.client.search(model, domain, context=QUIET)
    if not run.dry_run:
        for start in range(0, len(ids), _RECORDS_A_CALL):
            run.client.write(model, ids[start : start + _RECORDS_A_CALL], values, context=QUIET)
    return set(ids)

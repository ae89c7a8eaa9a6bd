"""Commands on lists of records: `[0, 0, values]`, `[1, id, values]`, `[2..6, …]`.

What lives here: `apply_commands`. What does not: reading lists (`read.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import validation_error, value_error
from pardot_odoo_pipeline.sandbox.odoo.fields import Field
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.registry import Model

__all__ = ["apply_commands"]


def apply_commands(env: Env, model: Model, ids: list[int], name: str, commands: Any) -> None:
    """Carry out the commands of one field on each of the records.

    Raises:
        OdooError: The value is no list of commands, or a linked record does not exist.
    """
    field = model.fields[name]
    if commands is False or commands is None:
        commands = [[5]]
    if not isinstance(commands, list | tuple):
        raise value_error(f"Wrong value for {model.name}.{name}: {commands!r}")
    if commands and all(isinstance(c, int) for c in commands):
        commands = [[6, 0, list(commands)]]
    for command in commands:
        if not isinstance(command, list | tuple) or not command:
            raise value_error(f"Wrong value for {model.name}.{name}: {commands!r}")
        if field.type == "many2many":
            _many2many(env, model, field, ids, list(command))
        else:
            _one2many(env, model, field, ids, list(command))


def _many2many(env: Env, model: Model, field: Field, ids: list[int], command: list[Any]) -> None:
    from pardot_odoo_pipeline.sandbox.odoo.orm.create import create
    from pardot_odoo_pipeline.sandbox.odoo.orm.unlink import unlink
    from pardot_odoo_pipeline.sandbox.odoo.orm.write import write

    table, left, right = env.registry.link_table(model, field)
    code = command[0]
    if code == 0:
        _link(env, model, field, ids, create(env, field.relation, [command[2]]))
    elif code == 1:
        write(env, field.relation, [command[1]], command[2])
    elif code == 2:
        unlink(env, field.relation, [command[1]])
    elif code == 3:
        env.run(
            f"DELETE FROM {table} WHERE {right} = ? AND {left} IN (SELECT value FROM json_each(?))",
            (command[1], as_json(ids)),
        )
    elif code == 4:
        _link(env, model, field, ids, [command[1]])
    elif code in (5, 6):
        env.run(
            f"DELETE FROM {table} WHERE {left} IN (SELECT value FROM json_each(?))", (as_json(ids),)
        )
        if code == 6:
            _link(env, model, field, ids, list(command[2]))
    else:
        raise value_error(f"Wrong value for {model.name}.{field.name}: {command!r}")


def _link(env: Env, model: Model, field: Field, ids: list[int], others: list[int]) -> None:
    table, left, right = env.registry.link_table(model, field)
    other = env.model(field.relation).table
    found = env.value(
        f'SELECT COUNT(*) FROM "{other}" WHERE id IN (SELECT value FROM json_each(?))',
        (as_json(others),),
    )
    if found != len(set(others)):
        raise validation_error(
            "Another model is using the record you are trying to delete.\n\n"
            "The troublemaker is: Unknown\n"
            f"Thanks to the following constraint: {_constraint(model, field)}\n"
            "How about archiving the record instead?"
        )
    env.connection.executemany(
        f"INSERT OR IGNORE INTO {table} ({left}, {right}) VALUES (?, ?)",
        [(i, o) for i in ids for o in others],
    )


def _constraint(model: Model, field: Field) -> str:
    if (model.name, field.name) == ("crm.lead", "tag_ids"):
        return "crm_tag_rel_tag_id_fkey"
    other = field.relation.replace(".", "_")
    return f"{model.table}_{other}_rel_{other}_id_fkey"


def _one2many(env: Env, model: Model, field: Field, ids: list[int], command: list[Any]) -> None:
    from pardot_odoo_pipeline.sandbox.odoo.orm.create import create
    from pardot_odoo_pipeline.sandbox.odoo.orm.unlink import unlink
    from pardot_odoo_pipeline.sandbox.odoo.orm.write import write

    code = command[0]
    if code == 0:
        create(env, field.relation, [{**command[2], field.inverse: i} for i in ids])
    elif code == 1:
        write(env, field.relation, [command[1]], command[2])
    elif code in (2, 3):
        if code == 2:
            unlink(env, field.relation, [command[1]])
        else:
            write(env, field.relation, [command[1]], {field.inverse: False})
    elif code == 4:
        write(env, field.relation, [command[1]], {field.inverse: ids[-1]})
    elif code in (5, 6):
        wanted = list(command[2]) if code == 6 else []
        other = env.model(field.relation)
        present = [
            row[0]
            for row in env.rows(
                f'SELECT id FROM "{other.table}" WHERE "{field.inverse}" IN '
                "(SELECT value FROM json_each(?))",
                (as_json(ids),),
            )
        ]
        gone = [i for i in present if i not in wanted]
        if other.fields[field.inverse].required:
            unlink(env, field.relation, gone)
        elif gone:
            write(env, field.relation, gone, {field.inverse: False})
        if wanted:
            write(env, field.relation, wanted, {field.inverse: ids[-1]})
    else:
        raise value_error(f"Wrong value for {model.name}.{field.name}: {command!r}")

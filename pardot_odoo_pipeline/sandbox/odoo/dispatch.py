"""From a method's name and arguments to its result.

What lives here: finding the method, binding what the call gave, the caller's rights that last for a
whole call. What does not: the wire (`jsonrpc.py`, `json2.py`).
"""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.access import groups_of
from pardot_odoo_pipeline.sandbox.odoo.errors import (
    OdooError,
    access_error,
    attribute_error,
    type_error,
)
from pardot_odoo_pipeline.sandbox.odoo.methods import GENERIC, Method
from pardot_odoo_pipeline.sandbox.odoo.model_methods import OWN
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.orm.grouping import formatted_read_group

__all__ = ["call_named", "call_positional"]

_PRIVATE = frozenset({"exists", "browse", "filtered", "mapped", "sudo", "with_context", "env"})
_ONLY_18 = frozenset({"toggle_active"})


def find(env: Env, model: str, name: str) -> Method:
    """The public method of a model.

    Raises:
        OdooError: There is no such model or method, or it is private.
    """
    m = env.model(model)
    if name.startswith("_") or name in _PRIVATE:
        raise access_error(f"Private methods (such as '{model}.{name}') cannot be called remotely.")
    method = OWN.get((model, name)) or GENERIC.get(name)
    if method is None and name == "formatted_read_group" and env.version >= 19:
        method = formatted_read_group
    if method is None and name in _ONLY_18 and env.version < 19 and "active" in m.fields:
        method = OWN[("*", name)]
    if method is None:
        raise attribute_error(f"The method '{model}.{name}' does not exist")
    return method


@lru_cache(maxsize=1024)
def _signature(method: Method) -> tuple[inspect.Signature, bool]:
    parameters = list(inspect.signature(method).parameters.values())[2:]
    on_records = bool(parameters) and parameters[0].name == "ids"
    return inspect.Signature(parameters[1:] if on_records else parameters), on_records


def _begin(env: Env) -> None:
    groups = groups_of(env)
    if (
        "sales_team.group_sale_salesman" in groups
        and "sales_team.group_sale_salesman_all_leads" not in groups
    ):
        env.notes.add("own_leads_only")


def _ids(value: Any) -> list[int]:
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    return list(value or [])


def call_positional(env: Env, model: str, name: str, args: list[Any], kwargs: Any) -> Any:
    """Call as `execute_kw` does: the first argument of a record method is the ids."""
    env.context = {**env.context, **(kwargs.pop("context", None) or {})}
    method = find(env, model, name)
    _begin(env)
    signature, on_records = _signature(method)
    first: tuple[Any, ...] = ()
    if on_records:
        rest = list(args)
        first = (_ids(rest.pop(0) if rest else kwargs.pop("ids", [])),)
        args = rest
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as wrong:
        raise type_error(_wording(model, name, str(wrong))) from None
    return method(env, model, *first, *bound.args, **bound.kwargs)


def call_named(env: Env, model: str, name: str, body: dict[str, Any]) -> Any:
    """Call as JSON-2 does: everything by name, always on a list of records."""
    if model not in env.registry:
        raise _not_found(f"the model '{model}' does not exist")
    arguments = dict(body)
    env.context = dict(arguments.pop("context", None) or {})
    ids = arguments.pop("ids", None)
    try:
        method = find(env, model, name)
    except OdooError as error:
        if error.name == "builtins.AttributeError":
            raise _not_found(error.message) from None
        raise
    _begin(env)
    signature, on_records = _signature(method)
    if ids and not on_records:
        raise _unprocessable(f"cannot call {model}.{name} with ids")
    first = (_ids(ids),) if on_records else ()
    try:
        bound = signature.bind(**arguments)
    except TypeError as wrong:
        raise _unprocessable(str(wrong)) from None
    result = method(env, model, *first, *bound.args, **bound.kwargs)
    # A record set leaves as a list of ids, also when a dictionary asked for a single record.
    return [result] if name == "create" and isinstance(result, int) else result


def _not_found(message: str) -> OdooError:
    return OdooError("werkzeug.exceptions.NotFound", message, 404)


def _unprocessable(message: str) -> OdooError:
    return OdooError("werkzeug.exceptions.UnprocessableEntity", message, 422)


def _wording(model: str, name: str, message: str) -> str:
    """Python's own words, which name the class."""
    owner = (
        "BaseModel"
        if name in ("search", "search_count", "search_read", "read")
        else ("".join(part.title() for part in model.replace(".", "_").split("_")))
    )
    if message.startswith("missing a required argument: "):
        missing = message.rpartition(": ")[2]
        return f"{owner}.{name}() missing 1 required positional argument: {missing}"
    return f"{owner}.{name}() {message}"

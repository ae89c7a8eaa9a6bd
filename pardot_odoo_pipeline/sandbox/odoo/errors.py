"""What the server refuses, under the names and texts that Odoo gives it.

What lives here: one exception with constructors for each refusal. What does not: how the two
protocols wrap it (`jsonrpc.py`, `json2.py`).
"""

from __future__ import annotations

import sys
import traceback
from typing import Any

__all__ = [
    "OdooError",
    "access_error",
    "attribute_error",
    "integrity_error",
    "key_error",
    "missing_error",
    "type_error",
    "unforeseen",
    "user_error",
    "validation_error",
    "value_error",
]

_STATUS = {
    "odoo.exceptions.AccessDenied": 403,
    "odoo.exceptions.AccessError": 403,
    "odoo.exceptions.UserError": 422,
    "odoo.exceptions.ValidationError": 422,
    "odoo.exceptions.MissingError": 404,
}


class OdooError(Exception):
    """A refused call.

    Attributes:
        name: The exception's dotted name as Odoo reports it.
        message: The text as Odoo words it.
        status: The status with which JSON-2 answers.
    """

    def __init__(self, name: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.status = status or _STATUS.get(name, 500)

    def as_data(self, *, with_status: bool = False) -> dict[str, Any]:
        """The five keys that both protocols carry."""
        arguments: list[Any] = [self.message]
        if with_status and self.name.startswith("werkzeug."):
            arguments.append(self.status)
        return {
            "name": self.name,
            "message": self.message,
            "arguments": arguments,
            "context": {},
            "debug": f"Traceback (most recent call last):\n{self.name}: {self.message}\n",
        }


def unforeseen(problem: Exception) -> OdooError:
    """A failure of the sandbox itself, told like any other and shown on stderr for its mending."""
    traceback.print_exception(problem, file=sys.stderr)
    kind = type(problem).__name__
    return OdooError(f"builtins.{kind}", f"The sandbox failed: {kind}: {problem}", 500)


def access_error(message: str) -> OdooError:
    """The caller lacks a right."""
    return OdooError("odoo.exceptions.AccessError", message)


def user_error(message: str) -> OdooError:
    """Something that a user did cannot be done."""
    return OdooError("odoo.exceptions.UserError", message)


def validation_error(message: str, *, constraint: bool = True) -> OdooError:
    """A constraint is violated; those of the database carry a common beginning."""
    text = f"The operation cannot be completed: {message}" if constraint else message
    return OdooError("odoo.exceptions.ValidationError", text)


def missing_error(model: str, ids: list[int], uid: int) -> OdooError:
    """Records that are gone."""
    inside = ", ".join(map(str, ids)) + ("," if len(ids) == 1 else "")
    return OdooError(
        "odoo.exceptions.MissingError",
        f"Record does not exist or has been deleted.\n(Record: {model}({inside}), User: {uid})",
    )


def value_error(message: str) -> OdooError:
    """A value or a name that the server cannot use."""
    return OdooError("builtins.ValueError", message)


def type_error(message: str) -> OdooError:
    """Arguments that do not fit the method."""
    return OdooError("builtins.TypeError", message)


def key_error(message: str) -> OdooError:
    """A name that is not there."""
    return OdooError("builtins.KeyError", message)


def attribute_error(message: str) -> OdooError:
    """A method that is not there."""
    return OdooError("builtins.AttributeError", message)


def integrity_error(model_label: str, model: str, field_label: str, field: str) -> OdooError:
    """A link to a record that does not exist, in Odoo's misleading words."""
    return validation_error(
        "Another model is using the record you are trying to delete.\n\n"
        f"The troublemaker is: '{model_label}' ({model})\n"
        f"Thanks to the following constraint: '{field_label}' ({field})\n"
        "How about archiving the record instead?"
    )

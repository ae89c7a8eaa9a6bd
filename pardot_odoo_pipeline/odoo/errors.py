"""What can go wrong between us and an Odoo, as a tree of types.

What lives here: the types, each with the reaction that it asks for. What does not: deciding which
one an answer is (``refusals`` for what Odoo says, ``transport`` for what the network does).

``str()`` and ``repr()`` of every error hold a sentence of ours plus names of models and fields,
never a record's value and never Odoo's own traceback: Odoo quotes values in its messages, and these
errors end in logs and alerts.
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.errors import ConfigurationError, FailureClass, PipelineError

__all__ = [
    "OdooAccessDenied",
    "OdooAccessError",
    "OdooBadValue",
    "OdooConfigurationError",
    "OdooConflict",
    "OdooError",
    "OdooMissingError",
    "OdooProtocolError",
    "OdooTimeout",
    "OdooUnavailable",
    "OdooUserError",
    "OdooValidationError",
]


class OdooError(PipelineError):
    """Root of what an Odoo, or the way to it, can answer.

    Attributes:
        in_doubt: The request may have been carried out though no answer says so. One must wait for
            the longest server transaction and look before sending it again.
        model: The model of the call, where there was one.
        method: The method of the call, where there was one.
    """

    system = "odoo"

    def __init__(
        self,
        cause: str,
        *,
        fix: str,
        code: str | int | None = None,
        in_doubt: bool = False,
        model: str | None = None,
        method: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cause, fix=fix, code=code, **kwargs)
        self.in_doubt = in_doubt
        self.model = model
        self.method = method


class OdooConfigurationError(OdooError, ConfigurationError):
    """The address, the database or an installed app is not what it must be: no retry can help."""

    failure_class = FailureClass.CONFIGURATION


class OdooAccessDenied(OdooError):
    """Odoo does not accept the login."""

    failure_class = FailureClass.RENEW_CREDENTIALS


class OdooAccessError(OdooError):
    """The user is in, but may not do this."""

    failure_class = FailureClass.CONFIGURATION


class OdooMissingError(OdooError):
    """A record of the call is gone. ``write`` and ``unlink`` say so; ``read`` leaves it out."""

    failure_class = FailureClass.MISSING_RECORD


class OdooUserError(OdooError):
    """A business rule of Odoo says no."""

    failure_class = FailureClass.BAD_RECORD


class OdooValidationError(OdooUserError):
    """A constraint says no: a required value, a uniqueness, a reference to nothing."""


class OdooBadValue(OdooError):
    """A value, field or argument that Odoo cannot take: permanent, of the data or of the call.

    JSON-2 answers it with status 500, as if the server had failed: hence never by status.
    """

    failure_class = FailureClass.BAD_RECORD


class OdooConflict(OdooError):
    """Others held the same rows, and Odoo's own five tries did not suffice. Nothing is written."""

    failure_class = FailureClass.RETRY_LATER


class OdooUnavailable(OdooError):
    """No Odoo answers at that address now."""

    failure_class = FailureClass.RETRY_LATER


class OdooTimeout(OdooUnavailable):
    """No answer in time. Unless ``in_doubt`` is False, Odoo may still be at it and will commit."""


class OdooProtocolError(OdooError):
    """An answer, or an exception within Odoo, that this client does not know."""

    failure_class = FailureClass.RETRY_LATER

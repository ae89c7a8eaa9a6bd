"""Where Account Engagement is and with which credentials it is reached.

What lives here: the values of one connection and how addresses on it are built. What does not:
reading them from the environment (``settings.py``) and using them (``auth.py``, ``transport.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from pardot_odoo_pipeline.pardot.errors import PardotConfigurationError

__all__ = ["PardotConnection"]


@dataclass(frozen=True)
class PardotConnection:
    """One business unit as seen by one connected app.

    Attributes:
        api_url: Base of the API, such as ``https://pi.pardot.com``.
        token_url: Salesforce's token endpoint.
        client_id: Consumer key of the connected app.
        client_secret: Consumer secret of the connected app.
        refresh_token: Given: it is used. Absent: the client-credentials flow is used.
        business_unit_id: Id of the business unit, 18 characters.
    """

    api_url: str
    token_url: str
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr | None
    business_unit_id: str

    def __post_init__(self) -> None:
        for name, value in (("PARDOT_API_URL", self.api_url), ("PARDOT_TOKEN_URL", self.token_url)):
            parts = urlsplit(value)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise PardotConfigurationError(
                    f"{name} is no web address", fix=f"Set {name} to an address with https://"
                )
        if not self.business_unit_id.isascii() or not self.business_unit_id.isalnum():
            raise PardotConfigurationError(
                "PARDOT_BUSINESS_UNIT_ID is empty or holds more than letters and digits",
                fix="Copy the 18 characters from Salesforce Setup, Business Unit Setup",
            )

    def address(self, path: str) -> str:
        """The full address of an API path, on this connection's host."""
        return f"{self.api_url.rstrip('/')}/{path.lstrip('/')}"

    def path_of(self, reference: str) -> str:
        """Path and query of a reference from an answer, whatever host it names.

        The host in an answer is not trusted: following it would send the token there.
        """
        parts = urlsplit(reference)
        path = parts.path
        base = urlsplit(self.api_url).path.rstrip("/")
        if base and path.startswith(base + "/"):
            path = path[len(base) :]
        return urlunsplit(("", "", path, parts.query, ""))

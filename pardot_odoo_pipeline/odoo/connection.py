"""Where an Odoo is and how to get in.

What lives here: the connection's settings, their first checks, and the version of a server. What
does not: reading them from the environment (``settings``), speaking with the server (``client``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from pardot_odoo_pipeline.errors import ConfigurationError

__all__ = ["OLDEST_MAJOR", "OdooConnection", "OdooVersion"]

OLDEST_MAJOR = 18
"""The oldest Odoo that this project speaks with."""

JSON2_MAJOR = 19
"""The first Odoo that answers ``/json/2``."""


@dataclass(frozen=True)
class OdooVersion:
    """What a server says of itself.

    Attributes:
        major: 18, 19, …
        text: Its own words, "19.0" or "saas~18.2".
    """

    major: int
    text: str

    @classmethod
    def read(cls, answer: Any) -> OdooVersion | None:
        """The version in a server's answer, or None where there is none to read."""
        try:
            first = str(answer["server_version_info"][0])
            # Between two releases the number reads "saas~18".
            return cls(int(first.rpartition("~")[2]), str(answer["server_version"]))
        except (TypeError, KeyError, ValueError, IndexError):
            return None

    @property
    def speaks_json2(self) -> bool:
        """Whether the named-argument protocol is there."""
        return self.major >= JSON2_MAJOR

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class OdooConnection:
    """One database of one Odoo, and one user in it. Its ``repr`` shows neither login nor secret.

    Attributes:
        url: The server's root, with a path prefix where a proxy adds one.
        database: The database's name.
        username: The user's login.
        api_key: An API key of that user. Preferred; the only one that opens JSON-2.
        password: The user's password: then JSON-RPC is spoken, on every version.
        verify_tls: Whether certificates are checked, or the path of a bundle of one's own.
        connect_timeout: Seconds to reach the server.
        read_timeout: Seconds to wait for its answer. Odoo goes on working after that: an outcome
            past it is unknown, never "failed".
    """

    url: str
    database: str
    username: str = field(repr=False)
    api_key: SecretStr | None = field(default=None, repr=False)
    password: SecretStr | None = field(default=None, repr=False)
    verify_tls: bool | str = True
    connect_timeout: float = 5.0
    read_timeout: float = 120.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", _checked_url(self.url))
        for name, value in (("database", self.database), ("username", self.username)):
            if not value.strip():
                raise ConfigurationError(
                    f"The Odoo {name} is not set", fix=f"Set ODOO_{name.upper()}"
                )
        if not self._has(self.api_key) and not self._has(self.password):
            raise ConfigurationError(
                "There is neither an Odoo API key nor a password",
                fix="Set ODOO_API_KEY (preferred) or ODOO_PASSWORD",
            )

    @staticmethod
    def _has(secret: SecretStr | None) -> bool:
        return secret is not None and bool(secret.get_secret_value())

    @property
    def has_api_key(self) -> bool:
        """Whether an API key was given."""
        return self._has(self.api_key)

    @property
    def secret(self) -> str:
        """The key, or else the password: what JSON-RPC takes in every call."""
        chosen = self.api_key if self.has_api_key else self.password
        return chosen.get_secret_value() if chosen else ""


def _checked_url(url: str) -> str:
    """The root without a trailing slash; refuses what is not a plain http(s) address."""
    parts = urlsplit(url.strip())
    if parts.username or parts.password:
        raise ConfigurationError(
            "The Odoo address carries a user name or a password",
            fix="Give only scheme, host and port in ODOO_URL, and the login in its own settings",
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(
            "The Odoo address is not a web address",
            fix="Set ODOO_URL to something like https://odoo.example.com",
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"

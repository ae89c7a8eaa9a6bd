"""Under which address senders reach the receiver.

What lives here: choosing and judging the address. What does not: the path of a source
(`secrets.source_url`).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.settings import Settings

__all__ = ["Address", "receiver_address"]


@dataclass(frozen=True)
class Address:
    """Where the receiver is for its senders.

    Attributes:
        url: Its base.
        warning: What is wrong with it for real use; may be empty.
    """

    url: str
    warning: str = ""


def receiver_address(settings: Settings) -> Address:
    """``WEBHOOK_PUBLIC_URL``, else where a receiver runs on this machine.

    Raises:
        ConfigurationError: The one is no address, or there is neither.
    """
    given = settings.webhook_public_url
    if given:
        return _judged(given)
    local = _running(settings)
    if local is None:
        raise ConfigurationError(
            "WEBHOOK_PUBLIC_URL is not set, and no receiver runs on this machine",
            fix="Set WEBHOOK_PUBLIC_URL to the https address under which senders reach the "
            "receiver; to try it on one machine, start the receiver with `pardot-odoo up` first",
            code="webhook_address",
        )
    return Address(
        local,
        f"WEBHOOK_PUBLIC_URL is not set: {local} is reached from this machine only, and is "
        "another one after the next start if WEBHOOK_PORT is 0",
    )


def _judged(given: str) -> Address:
    parts = urlsplit(given)
    whole = parts.scheme in ("http", "https") and parts.hostname
    if not whole or parts.query or parts.fragment or parts.username or parts.password:
        raise ConfigurationError(
            "WEBHOOK_PUBLIC_URL is not the base of an address",
            fix="Write it like https://hooks.example.com or https://example.com/pardot",
            code="webhook_address",
        )
    warning = ""
    if parts.scheme == "http" and not _is_loopback(str(parts.hostname)):
        warning = (
            "WEBHOOK_PUBLIC_URL is not https: secrets and addresses of people can be read on "
            "the way"
        )
    return Address(given.rstrip("/"), warning)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _running(settings: Settings) -> str | None:
    """The address that a receiver of this installation published, if it is alive."""
    try:
        state = json.loads((settings.home.path / "webhooks.json").read_text())
        pid, url = int(state["pid"]), str(state["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass  # it is somebody else's, and alive
    except OSError:
        return None
    return url

"""Whether a request is a source's own: signature, bearer, path token, address, rate. Pure.

What lives here: the checks of one source. What does not: secrets and where they are kept
(`secrets`), the clock, and what the sender is told (`refusals`).

The signature is the one of Standard Webhooks: an HMAC-SHA256 over ``id.timestamp.body``. It is
computed here over the bytes as they came, because the specification's Python library refuses a body
that is not UTF-8 before it has looked at the signature, and takes the time from the machine; the
tests sign with that library.
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from pardot_odoo_pipeline.mapping.webhook_rules import Authentication, Network, SourceRule
from pardot_odoo_pipeline.pushed_events import System
from pardot_odoo_pipeline.webhooks.secrets import signing_key

__all__ = ["REPLAY_WINDOW", "Bucket", "Guard", "Proof", "client_address"]

REPLAY_WINDOW = timedelta(minutes=5)
"""How far the time of a signature may be from ours."""

_MOST_SIGNATURES = 16
_MOST_HOPS = 16


@dataclass(frozen=True)
class Proof:
    """What a request shows of whose it is; header names are in lower case."""

    system: str
    token: str | None
    headers: Mapping[bytes, bytes]
    body: bytes
    address: str | None


class Bucket:
    """Requests that a source may send: so many a second, and as many at once.

    Args:
        rate: Requests a second.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._left = float(rate)
        self._seen = 0.0

    def take(self, moment: float) -> bool:
        """Take one, if one is left.

        Args:
            moment: Of a clock that only goes forward, in seconds.
        """
        self._left = min(self.rate, self._left + max(0.0, moment - self._seen) * self.rate)
        self._seen = moment
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Guard:
    """The checks of one source.

    Args:
        name: The source.
        rule: What the rules say of it.
        secrets: Those that are valid now; without any, nothing passes.
    """

    def __init__(self, name: str, rule: SourceRule, secrets: Sequence[str]) -> None:
        self.name = name
        self.rule = rule
        self.system: System = rule.system
        self._allow: tuple[Network, ...] = tuple(rule.allow)
        self._by_signature = rule.authentication is Authentication.SIGNATURE
        self._keys = tuple(
            signing_key(secret) if self._by_signature else secret.encode() for secret in secrets
        )

    def __repr__(self) -> str:
        return f"Guard({self.name})"

    def objection(self, proof: Proof, now: datetime) -> str | None:
        """Why the request is not this source's, in one word for our own eyes; None if it is.

        Every check is made whatever the others say, so that the time it takes tells nothing.
        """
        if self._by_signature:
            objection = self._signature_objection(proof, now)
        else:
            objection = self._secret_objection(proof)
        if proof.system != self.system.value:
            objection = "unknown_source"
        if objection is None and not self._may_come_from(proof.address):
            return "address"
        return objection

    def _signature_objection(self, proof: Proof, now: datetime) -> str | None:
        headers = proof.headers
        message_id = headers.get(b"webhook-id", b"")
        sent = headers.get(b"webhook-timestamp", b"")
        given = _signatures(headers.get(b"webhook-signature", b""))
        signed = b".".join((message_id, sent, proof.body))
        matches = False
        for key in self._keys:
            expected = hmac.digest(key, signed, "sha256")
            for signature in given:
                matches |= hmac.compare_digest(expected, signature)
        if not message_id or not matches or proof.token is not None:
            return "signature"
        if not sent.isdigit() or len(sent) > 12:
            return "expired"
        return None if abs(now.timestamp() - int(sent)) <= _SECONDS else "expired"

    def _secret_objection(self, proof: Proof) -> str | None:
        if self.rule.authentication is Authentication.TOKEN:
            shown = (proof.token or "").encode()
        else:
            scheme, _, value = proof.headers.get(b"authorization", b"").partition(b" ")
            shown = value.strip() if scheme.lower() == b"bearer" and proof.token is None else b""
        matches = False
        for key in self._keys:
            matches |= hmac.compare_digest(key, shown)
        return None if matches and shown else "secret"

    def _may_come_from(self, address: str | None) -> bool:
        if not self._allow:
            return True
        known = _address(address) if address else None
        return known is not None and any(
            known.version == network.version and known in network for network in self._allow
        )


_SECONDS = REPLAY_WINDOW.total_seconds()


def client_address(peer: str | None, forwarded: bytes, trusted: Sequence[Network]) -> str | None:
    """Where a request comes from, None where that cannot be told.

    Args:
        peer: The other end of the connection.
        forwarded: The ``X-Forwarded-For`` headers, several of them joined by commas.
        trusted: Proxies whose word counts; of everybody else's headers nothing is believed.
    """
    if not trusted or peer is None:
        return peer
    here = _address(peer)
    hops = forwarded.decode("latin-1").split(",") if forwarded else []
    for hop in reversed(hops[-_MOST_HOPS:]):
        if here is None or not _among(here, trusted):
            break
        here = _address(_without_port(hop.strip()))
    return None if here is None else str(here)


def _among(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address.version == n.version and address in n for n in networks)


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


@lru_cache(maxsize=4096)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if mapped is not None else address


def _signatures(header: bytes) -> list[bytes]:
    found = []
    for part in header.split(b" ")[:_MOST_SIGNATURES]:
        version, _, text = part.partition(b",")
        if version == b"v1":
            try:
                found.append(binascii.a2b_base64(text))
            except binascii.Error:
                continue
    return found

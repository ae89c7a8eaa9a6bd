"""Certificates are checked: a stranger's is refused before anything is sent."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pardot_odoo_pipeline.odoo.errors import OdooConfigurationError
from pardot_odoo_pipeline_tests.odoo.stand import Stand, send


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody but itself vouches for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, hidden = folder / "cert.pem", folder / "key.pem"
    shown.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    hidden.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return shown, hidden


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Stand, Path, list[str]]]:
    """A server with such a certificate, the certificate, and the paths that it was asked for."""
    certificate, key = self_signed(tmp_path)
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            told = b'{"jsonrpc": "2.0", "result": {"server_version": "19.0", '
            told += b'"server_version_info": [19, 0]}}'
            send(self, 200, told, "application/json")

        def log_message(self, *args: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield Stand(f"https://127.0.0.1:{server.server_port}"), certificate, asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_strangers_certificate_is_refused(secure: tuple[Stand, Path, list[str]]) -> None:
    stand, _, asked = secure
    with pytest.raises(OdooConfigurationError, match="is not trusted") as caught:
        _ = stand.client().server_version
    assert not caught.value.in_doubt
    assert asked == []


def test_a_certificate_of_ones_own_can_be_named(secure: tuple[Stand, Path, list[str]]) -> None:
    stand, certificate, asked = secure
    assert stand.client(verify_tls=str(certificate)).server_version.major == 19
    assert asked == ["/jsonrpc"]

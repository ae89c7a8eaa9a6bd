"""The folder that is made for each open source of Pardot's: how Salesforce is made to push.

What lives here: which files there are for which authentication, and writing them. What does not:
their text (``templates/``), secrets and addresses.

No file holds a secret but those of a source whose address itself is one. So all of them are for
their owner's eyes only.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from string import Template

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.webhook_rules import Authentication, WebhookRules
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome, ProvisionStep
from pardot_odoo_pipeline.pushed_events import EventType
from pardot_odoo_pipeline.webhooks.secrets import SIGNING_PREFIX, Source, source_url
from pardot_odoo_pipeline.webhooks.signing import signature

__all__ = ["kit_files", "write_kit"]

_HEAD = "INSTRUCTIONS.md"
_CLASSES = "salesforce/classes"
_SETTING = "salesforce/objects/Pardot_Odoo_Push__c"
_FLOW, _FIELDS = "flow-http-callout.json", "payload-template.json"

# File to template.
_FILES: Mapping[Authentication, Mapping[str, str]] = {
    Authentication.SIGNATURE: {
        f"{_CLASSES}/PardotOdooPush.cls": "PardotOdooPush.cls",
        f"{_CLASSES}/PardotOdooPush.cls-meta.xml": "class-meta.xml",
        f"{_CLASSES}/PardotOdooPushTest.cls": "PardotOdooPushTest.cls",
        f"{_CLASSES}/PardotOdooPushTest.cls-meta.xml": "class-meta.xml",
        f"{_SETTING}/Pardot_Odoo_Push__c.object-meta.xml": "setting-meta.xml",
        f"{_SETTING}/fields/Signing_Secret__c.field-meta.xml": "secret-field-meta.xml",
        "action-schema.json": "action-schema.json",
        _FIELDS: "payload-template.json",
    },
    Authentication.BEARER: {_FLOW: "flow-http-callout.json", _FIELDS: "payload-template.json"},
    Authentication.TOKEN: {_FLOW: "flow-http-callout.json", "form-handler.txt": "form-handler.txt"},
}
_WORDS = {
    Authentication.SIGNATURE: "`signature`: Standard Webhooks, HMAC-SHA256 over id, time and body",
    Authentication.BEARER: "`bearer`: the secret in the header `Authorization: Bearer …`",
    Authentication.TOKEN: "`token`: the last part of the address is the secret",
}
_NOT_TOLD = frozenset({EventType.RECORD_CHANGED, EventType.TEST})

# Both sides of a signature that the Apex test can compare with; of no other use.
_VECTOR = {
    "vector_secret": SIGNING_PREFIX + base64.b64encode(bytes(range(65, 97))).decode(),
    "vector_id": "msg_0123456789abcdef",
    "vector_timestamp": "1700000000",
    "vector_body": '[{"eventType":"form_submitted","email":"ada@example.com"}]',
}


def kit_files(source: Source, rules: WebhookRules, base: str, secret_place: str) -> dict[str, str]:
    """Path below the source's folder to content.

    Args:
        source: An open source of Pardot's.
        rules: The limits that senders must keep.
        base: Address of the receiver.
        secret_place: Where whoever sets the sender up finds the secret.
    """
    authentication = source.rule.authentication
    url = source_url(base, source)
    headers = {"Content-Type": "application/json"}
    if authentication is Authentication.BEARER:
        headers["Authorization"] = "{!'Bearer ' & $Credential.Pardot_Odoo_Push.Token}"
    known = {
        **_VECTOR,
        "vector_signature": _vector_signature(),
        "address": url,
        "authentication": _WORDS[authentication],
        "authentication_word": authentication.value,
        "event_types": ", ".join(f"`{kind}`" for kind in EventType if kind not in _NOT_TOLD),
        "headers": json.dumps(headers),
        "max_events": str(rules.max_events),
        "rate": str(source.rule.rate),
        "secret_place": secret_place,
        "source": source.name,
        "url": url,
    }
    head = _filled("head.md", known) + _filled(f"{authentication.value}.md", known)
    if authentication is Authentication.TOKEN:
        head += "\nThe address holds the secret: keep this folder to yourself.\n"
    texts = {path: _filled(template, known) for path, template in _FILES[authentication].items()}
    return {_HEAD: head, **texts}


def write_kit(
    folder: Path, files: Mapping[str, str], *, dry_run: bool = False
) -> list[ProvisionStep]:
    """Bring a source's folder up to date; what another authentication left there is deleted.

    Raises:
        ConfigurationError: The folder cannot be written.
    """
    steps = []
    try:
        for path, text in files.items():
            target = folder / path
            outcome = _outcome(target, text)
            if outcome is not Outcome.EXISTS and not dry_run:
                _write(folder, target, text)
            steps.append(ProvisionStep("file", _name(folder, path), outcome))
        for path in _of_others(files):
            target = folder / path
            if target.exists():
                if not dry_run:
                    target.unlink()
                reason = "deleted: it is of another authentication"
                steps.append(ProvisionStep("file", _name(folder, path), Outcome.CHANGED, reason))
    except OSError as failure:
        raise ConfigurationError(
            f"The folder {folder} cannot be written ({failure.strerror})",
            fix="Give this user access to it",
        ) from None
    return steps


def _filled(name: str, known: Mapping[str, str]) -> str:
    template = resources.files(__package__) / "templates" / f"{name}.txt"
    return Template(template.read_text("utf-8")).substitute(known)


def _vector_signature() -> str:
    secret, number, timestamp, body = (
        _VECTOR[f"vector_{part}"] for part in ("secret", "id", "timestamp", "body")
    )
    return signature(secret, number, timestamp, body.encode())


def _name(folder: Path, path: str) -> str:
    return f"{folder.parent.name}/{folder.name}/{path}"


def _outcome(target: Path, text: str) -> Outcome:
    try:
        same = target.read_text("utf-8") == text
    except FileNotFoundError:
        return Outcome.CREATED
    except UnicodeDecodeError:
        same = False
    return Outcome.EXISTS if same else Outcome.CHANGED


def _write(folder: Path, target: Path, text: str) -> None:
    for part in reversed([target.parent, *target.parent.parents]):
        if part == folder.parent or folder.parent in part.parents:
            part.mkdir(mode=0o700, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(draft).replace(target)


def _of_others(files: Mapping[str, str]) -> Iterable[str]:
    every = dict.fromkeys(path for kit in _FILES.values() for path in kit)
    return [path for path in every if path not in files]

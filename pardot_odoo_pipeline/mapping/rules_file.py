"""Reading the rules file.

What lives here: defaults and the user's file laid over each other, the short form of the field map,
and errors that name file, line, the mistake and what is allowed. What does not: the model
(``rules.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.fields import (
    DERIVED_FIELDS,
    FLAGS,
    OTHER_FIELDS,
    READ_ONLY,
    STANDARD_COLUMNS,
    TIMES,
    is_prospect_field,
)
from pardot_odoo_pipeline.mapping.located_yaml import LocatedYaml, YamlMistake, read_located_yaml
from pardot_odoo_pipeline.mapping.rule_errors import explained, unknown_name
from pardot_odoo_pipeline.mapping.rules import (
    FIXED_TRANSFORMS,
    Direction,
    Rules,
    Transform,
)

__all__ = ["default_rules", "default_rules_text", "load_rules", "rule_places"]

_SHORT_FORM = "field_mappings"
_PARTNER_PREFIX = "partner_id."
# Names of the short form that Odoo reserves to fields of modules; ours begin with x_.
_TARGET_ALIASES = {"lead_score": "x_pardot_score", "lead_grade": "x_pardot_grade"}


def default_rules_text() -> str:
    """The commented default file."""
    source = resources.files("pardot_odoo_pipeline.mapping").joinpath("default_rules.yaml")
    return source.read_text(encoding="utf-8")


def load_rules(path: Path | str | None) -> Rules:
    """The default rules, with the user's file laid over them.

    Args:
        path: The user's file; None for the defaults alone.

    Raises:
        ConfigurationError: The file cannot be read or says something that is not allowed; the cause
            begins with ``file:line``.
    """
    if path is None:
        return Rules.model_validate(_defaults())
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The rules file {path} cannot be read: {_why(error)}",
            fix="Correct PIPELINE_CONFIG, or the file",
            code="rules_unreadable",
        ) from None
    return _rules_of(str(path), text)


@lru_cache(maxsize=4)
def _rules_of(name: str, text: str) -> Rules:
    """Of a file that did not change; reading it takes longer than a batch without work."""
    try:
        source = _Source(name, read_located_yaml(text))
    except YamlMistake as mistake:
        raise _error(name, mistake.line, mistake.cause, mistake.fix) from None
    return source.rules_over(_defaults())


def _defaults() -> dict[str, Any]:
    return _Source("default_rules.yaml", read_located_yaml(default_rules_text())).settings({})


def rule_places(path: Path | str | None) -> dict[tuple[Any, ...], str]:
    """Path of keys to ``file:line`` for what the user's file says, for messages about it.

    Args:
        path: A file that :func:`load_rules` took; None for the defaults alone.
    """
    if path is None:
        return {}
    yaml = read_located_yaml(Path(path).read_text(encoding="utf-8-sig"))
    places = {place: f"{path}:{line}" for place, line in yaml.lines.items()}
    short = yaml.data.get(_SHORT_FORM) if isinstance(yaml.data, dict) else None
    for name, target in ((short or {}).get("prospect") or {}).items():
        side, _ = _side_and_field(str(target))
        line = yaml.line_of((_SHORT_FORM, "prospect", name))
        places["fields", _BY_COLUMN.get(name, name), side] = f"{path}:{line}"
    return places


@lru_cache(maxsize=1)
def default_rules() -> Rules:
    """The rules without a file of the user's."""
    return load_rules(None)


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return getattr(error, "strerror", None) or type(error).__name__


def _error(file: str, line: int | None, cause: str, fix: str) -> ConfigurationError:
    where = file if line is None else f"{file}:{line}"
    return ConfigurationError(f"{where}: {cause}", fix=fix, code="rules_invalid")


@dataclass(frozen=True)
class _Source:
    """One file: its name and what it says."""

    file: str
    yaml: LocatedYaml

    def fail(self, place: tuple[Any, ...], cause: str, fix: str) -> NoReturn:
        raise _error(self.file, self.yaml.line_of(place), cause, fix)

    def fail_unknown(
        self, place: tuple[Any, ...], what: str, allowed: Iterable[str], note: str = ""
    ) -> NoReturn:
        self.fail(*unknown_name(place, what, allowed, note))

    def rules_over(self, defaults: Mapping[str, Any]) -> Rules:
        """The rules with this file laid over the defaults."""
        merged = _laid_over(defaults, self.settings(defaults.get("fields", {})))
        try:
            rules = Rules.model_validate(merged)
        except ValidationError as error:
            self.fail(*explained(error, merged, Rules))
        self._check_targets(rules)
        return rules

    def settings(self, known_fields: Mapping[str, Any]) -> dict[str, Any]:
        """What the file says, in the long form, its names checked."""
        data = self.yaml.data
        if data is None:
            return {}
        if not isinstance(data, dict):
            self.fail((), "the file is no list of 'key: value'", "Begin lines with a key")
        for key in data:
            if key not in Rules.model_fields and key not in (_SHORT_FORM,):
                self.fail_unknown((key,), "key", [*Rules.model_fields, _SHORT_FORM])
        own = {key: value for key, value in data.items() if key in Rules.model_fields}
        for field in self._mapping(("picklists",), own.get("picklists")):
            self._check_field(("picklists", field))
        own["fields"] = self._fields(own.get("fields"), known_fields)
        return {key: value for key, value in own.items() if value is not None or key not in _MAPS}

    def _fields(self, given: Any, known: Mapping[str, Any]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, rule in self._mapping(("fields",), given).items():
            self._check_field(("fields", name))
            fields[name] = dict(self._mapping(("fields", name), rule))
            fixed = FIXED_TRANSFORMS.get(name)
            if fixed is not None and fields[name].get("transform", fixed) != fixed.value:
                self.fail(
                    ("fields", name, "transform"),
                    f"the transform of '{name}' is always '{fixed.value}'",
                    "Remove the line",
                )
        short = self._mapping((_SHORT_FORM,), (self.yaml.data or {}).get(_SHORT_FORM))
        for kind, targets in short.items():
            if kind != "prospect":
                self.fail_unknown((_SHORT_FORM, kind), "key", ["prospect"])
            for name, target in self._mapping((_SHORT_FORM, kind), targets).items():
                field = _BY_COLUMN.get(name, name)
                place = (_SHORT_FORM, kind, name)
                self._check_field(place, field)
                if not isinstance(target, str) or not target:
                    self.fail(place, "the target is no name of a field", "Write one Odoo field")
                side, odoo_field = _side_and_field(target)
                rule = fields.setdefault(field, {})
                rule[side] = odoo_field
        for name, rule in fields.items():
            if name not in known:
                rule.setdefault("transform", _usual_transform(name).value)
                if name in READ_ONLY:
                    rule.setdefault("direction", Direction.TO_ODOO.value)
        return fields

    def _mapping(self, place: tuple[Any, ...], value: Any) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.fail(place, f"'{place[-1]}' holds no 'key: value'", "Indent its keys below it")
        return value

    def _check_field(self, place: tuple[Any, ...], field: str | None = None) -> None:
        name = place[-1] if field is None else field
        if name in DERIVED_FIELDS or is_prospect_field(str(name)):
            return
        self.fail_unknown(
            place,
            "Pardot field",
            [*STANDARD_COLUMNS, *OTHER_FIELDS, *DERIVED_FIELDS],
            ", and custom fields, which end in __c",
        )

    def _check_targets(self, rules: Rules) -> None:
        taken: dict[tuple[str, str], str] = {}
        for name, rule in rules.fields.items():
            for side, targets in (("lead", rule.lead), ("partner", rule.partner)):
                for target in targets:
                    other = taken.setdefault((side, target), name)
                    if other != name:
                        self.fail(
                            ("fields", name, side),
                            f"'{other}' and '{name}' both go to the {side}'s '{target}'",
                            "Map one of them to another field, or to null",
                        )


_MAPS = frozenset(
    {"fields", "picklists", "limits", "retention", "off_peak", "activities", "lists", "stages"}
    | {"automation", "consent", "safety", "webhooks", "quota", "credentials"}
)
_BY_COLUMN = {column: field for field, column in STANDARD_COLUMNS.items()}


def _usual_transform(field: str) -> Transform:
    """How a field is normalised of which neither the file nor the defaults say it."""
    if field in TIMES:
        return Transform.TIME
    if field in FLAGS:
        return Transform.FLAG
    return FIXED_TRANSFORMS.get(field, Transform.TEXT)


def _side_and_field(target: str) -> tuple[str, str]:
    if target.startswith(_PARTNER_PREFIX):
        return "partner", target.removeprefix(_PARTNER_PREFIX)
    return "lead", _TARGET_ALIASES.get(target, target)


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        base = result.get(key)
        if isinstance(base, Mapping) and isinstance(value, Mapping):
            result[key] = _laid_over(base, value)
        else:
            result[key] = value
    return result

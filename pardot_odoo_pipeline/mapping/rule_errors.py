"""What a model's complaint about the rules file means to the person who wrote the file.

What lives here: the place of a mistake as that person sees it, what is wrong there, and what is
allowed. What does not: the line (``located_yaml.py``) and the models.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

__all__ = ["Mistake", "explained", "model_at", "unknown_name"]

Place = tuple[Any, ...]


class Mistake(NamedTuple):
    """One mistake in the file."""

    place: Place
    cause: str
    fix: str


def explained(error: ValidationError, data: Any, model: type[BaseModel]) -> Mistake:
    """The first mistake in the file.

    Args:
        error: What the model found.
        data: What it was given.
        model: The model of the whole file.
    """
    found = error.errors(include_url=False, include_input=False, include_context=False)
    first = found[0]
    place = _place(first["loc"], data, is_missing=first["type"] in ("missing", "extra_forbidden"))
    name = _name(place)
    if first["type"] == "extra_forbidden":
        section = model_at(model, place[:-1])
        return unknown_name(place, "key", section.model_fields if section else ())
    if first["type"] == "missing":
        return Mistake(place[:-1], f"'{name}' is missing", f"Add '{place[-1]}' with its value")
    section = model_at(model, place)
    if first["type"] in _NO_KEYS:
        keys = ", ".join(section.model_fields) if section else "key: value"
        return Mistake(place, f"'{name}' holds no 'key: value'", f"Write its keys below it: {keys}")
    if first["type"] == "tuple_type":
        return Mistake(place, f"'{name}' is no list", "Write [one, another]")
    # Of a choice of types each complains on its own.
    messages = dict.fromkeys(
        one["msg"].removeprefix("Value error, ")
        for one in found
        if _place(one["loc"], data, is_missing=False) == place
    )
    text = " or ".join(messages)
    return Mistake(place, f"'{name}' is not right", text[:1].upper() + text[1:])


_NO_KEYS = frozenset({"model_type", "model_attributes_type", "dict_type", "mapping_type"})


def unknown_name(place: Place, what: str, allowed: Iterable[str], note: str = "") -> Mistake:
    """A name that is not known, the nearest one that is, and all that are."""
    names = sorted(allowed)
    near = difflib.get_close_matches(str(place[-1]), names, n=1, cutoff=0.6)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    return Mistake(
        place,
        f"unknown {what} '{place[-1]}'",
        f"{hint}Allowed here: {', '.join(names)}{note}",
    )


def _place(location: Iterable[Any], data: Any, *, is_missing: bool) -> Place:
    """The part of a location that is in the file; the rest names types and validators."""
    place: list[Any] = []
    for part in location:
        inside = (isinstance(data, Mapping) and part in data) or (
            isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)
        )
        if not inside:
            if is_missing and isinstance(data, Mapping):
                place.append(part)
            break
        place.append(part)
        data = data[part]
    return tuple(place)


def _name(place: Place) -> str:
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def model_at(model: Any, place: Iterable[Any]) -> type[BaseModel] | None:
    """The model of the section at a place; None where there is none of one shape."""
    kinds = [model]
    for part in place:
        kinds = [inner for kind in kinds for inner in _inside(kind, part)]
    models = [kind for kind in _unfolded(kinds) if isinstance(kind, type)]
    return next((kind for kind in models if issubclass(kind, BaseModel)), None)


def _inside(kind: Any, part: Any) -> list[Any]:
    """The types that a value's part may have."""
    found: list[Any] = []
    for one in _unfolded([kind]):
        arguments = get_args(one)
        if isinstance(one, type) and issubclass(one, BaseModel):
            about = one.model_fields.get(str(part))
            if about is not None:
                found.append(about.annotation)
        elif isinstance(part, int) and arguments:
            found.append(arguments[0])
        elif len(arguments) == 2:
            found.append(arguments[1])
    return found


def _unfolded(kinds: Iterable[Any]) -> list[Any]:
    """The types behind unions and annotations."""
    found: list[Any] = []
    for kind in kinds:
        if get_origin(kind) is Annotated:
            found += _unfolded(get_args(kind)[:1])
        elif get_origin(kind) in (Union, UnionType):
            found += _unfolded(get_args(kind))
        else:
            found.append(kind)
    return found

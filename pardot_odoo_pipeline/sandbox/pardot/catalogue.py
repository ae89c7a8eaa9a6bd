"""How an API object is described: its fields, filters, orderings, relations and operations.

What lives here: the vocabulary of the descriptions and the catalogue that holds them. What does
not: the descriptions themselves (`objects.py`), SQL (`selection.py`, `query.py`), checks of
requests.

Objects are data so that a further one costs a description and no code. Custom fields join the
prospect's description while the server runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Flag, StrEnum, auto

__all__ = ["Access", "Catalogue", "Field", "Filter", "Kind", "ObjectType", "Operation", "Relation"]


class Kind(StrEnum):
    """What a field holds; decides its column, its JSON form and its CSV form."""

    INTEGER = "integer"
    FLOAT = "float"
    STRING = "string"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    DATE = "date"
    ARRAY = "array"


class Access(StrEnum):
    """Who sets a field, and when."""

    READ_ONLY = "read_only"
    EDITABLE = "editable"
    CREATE_ONLY = "create_only"


class Filter(Flag):
    """The forms in which a field may be filtered."""

    EXACT = auto()
    LIST = auto()
    RANGE = auto()


class Operation(StrEnum):
    """What can be done with an object."""

    READ = "read"
    QUERY = "query"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True)
class Field:
    """One field of an object.

    Attributes:
        name: Its API name, also the column's.
        kind: What it holds.
        access: Who sets it.
        required: Must be given on create.
        target: For the id of another object: its collection.
        default: Value of a new record that does not give one.
        in_query: Whether a query may return it; a single read always may.
        custom: Whether the customer defined it.
    """

    name: str
    kind: Kind
    access: Access = Access.READ_ONLY
    required: bool = False
    target: str | None = None
    default: object = None
    in_query: bool = True
    custom: bool = False


@dataclass(frozen=True)
class Relation:
    """A name behind which fields of another object can be selected."""

    name: str
    column: str
    target: str


@dataclass(frozen=True)
class ObjectType:
    """One API object.

    Attributes:
        collection: Its path segment.
        singular: Its name in export jobs, in camel case.
        fields: Its fields by name.
        relations: Its relations by name.
        filters: Which fields can be filtered, and how.
        orderings: Fields that `orderBy` takes.
        operations: What can be done with it.
        soft_delete: Whether deleting moves a record to the recycle bin.
        refusals: Error code of an operation that exists elsewhere but not here.
        singleton: One record without an id in its path.
        outside: Whether its path lacks `/objects`.
    """

    collection: str
    singular: str
    fields: dict[str, Field]
    relations: dict[str, Relation] = field(default_factory=dict)
    filters: dict[str, Filter] = field(default_factory=dict)
    orderings: tuple[str, ...] = ("id", "createdAt", "updatedAt")
    operations: frozenset[Operation] = frozenset({Operation.READ, Operation.QUERY})
    soft_delete: bool = False
    refusals: dict[Operation, int] = field(default_factory=dict)
    singleton: bool = False
    outside: bool = False

    @property
    def path(self) -> str:
        """Where it is reached."""
        return f"/api/v5/{'' if self.outside else 'objects/'}{self.collection}"

    @property
    def table(self) -> str:
        """The name of its table."""
        return self.collection.replace("-", "_")


class Catalogue:
    """All objects by collection; replaced as a whole when a custom field comes or goes."""

    def __init__(self, objects: tuple[ObjectType, ...]) -> None:
        self._objects = {item.collection: item for item in objects}

    def __getitem__(self, collection: str) -> ObjectType:
        return self._objects[collection]

    def get(self, collection: str) -> ObjectType | None:
        """The object of that path segment, if there is one."""
        return self._objects.get(collection)

    def all(self) -> tuple[ObjectType, ...]:
        """Every object."""
        return tuple(self._objects.values())

    def by_singular(self, name: str) -> ObjectType | None:
        """The object that export jobs call so; case does not matter."""
        wanted = name.lower()
        return next((o for o in self._objects.values() if o.singular.lower() == wanted), None)

    def add_field(self, collection: str, added: Field) -> None:
        """Put one more field into an object's description."""
        current = self._objects[collection]
        fields = {**current.fields, added.name: added}
        self._objects = {**self._objects, collection: replace(current, fields=fields)}

    def drop_field(self, collection: str, name: str) -> None:
        """Take a field out of an object's description."""
        current = self._objects[collection]
        fields = {key: value for key, value in current.fields.items() if key != name}
        self._objects = {**self._objects, collection: replace(current, fields=fields)}

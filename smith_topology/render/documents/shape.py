"""JSON objects as tables of keys: what is printed, what ``docs/json.md`` says of it and its JSON Schema have one source."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

Document: TypeAlias = dict[str, Any]
S = TypeVar("S")
T = TypeVar("T")


class Type(Protocol):
    """What a value is: made from what a key's ``get`` returns, named in a sentence, and written as a JSON Schema."""

    def of(self, source: Any) -> Any: ...

    @property
    def words(self) -> str: ...

    @property
    def schema(self) -> Document: ...

    @property
    def shapes(self) -> Iterable[Shape[Any]]: ...


@dataclass(frozen=True, slots=True)
class Value:
    """A value that goes into the document as it is."""

    words: str
    schema: Document
    shapes: tuple[Shape[Any], ...] = ()

    def of(self, source: Any) -> Any:
        return source


TEXT = Value("text", {"type": "string"})
COUNT = Value("number", {"type": "integer", "minimum": 0})
BYTES = Value("number of bytes", {"type": "integer", "minimum": 0})
SECONDS = Value("seconds", {"type": "number", "minimum": 0})
FLAG = Value("`true` or `false`", {"type": "boolean"})
TIME = Value("time (RFC 3339)", {"type": "string"})
MAPPING = Value("object", {"type": "object"})
CONFIG = Value("wire configuration", {"type": "object"})
ANYTHING = Value("any value", {})


def one_of(*words: str) -> Value:
    return Value(", ".join(f"`{word}`" for word in words), {"enum": list(words)})


def always(value: Any) -> Value:
    return Value(f"`{json.dumps(value)}`", {"const": value})


@dataclass(frozen=True)
class Holder:
    """A value that is made of others."""

    item: Type

    @property
    def shapes(self) -> Iterable[Shape[Any]]:
        return self.item.shapes


class ListOf(Holder):
    def of(self, source: Iterable[Any]) -> list[Any]:
        return [self.item.of(each) for each in source]

    @property
    def words(self) -> str:
        return f"list of: {self.item.words}"

    @property
    def schema(self) -> Document:
        return {"type": "array", "items": self.item.schema}


@dataclass(frozen=True)
class MapOf(Holder):
    """An object whose keys are data; ``key`` says which."""

    key: str

    def of(self, source: Mapping[str, Any]) -> Document:
        return {name: self.item.of(each) for name, each in source.items()}

    @property
    def words(self) -> str:
        return f"object, by {self.key}: {self.item.words}"

    @property
    def schema(self) -> Document:
        return {"type": "object", "additionalProperties": self.item.schema}


class OrNull(Holder):
    def of(self, source: Any) -> Any:
        return None if source is None else self.item.of(source)

    @property
    def words(self) -> str:
        return f"{self.item.words}; or `null`"

    @property
    def schema(self) -> Document:
        return {"anyOf": [self.item.schema, {"type": "null"}]}


@dataclass(frozen=True)
class Key(Generic[S]):
    """One key of an object. ``get`` finds its value in the object's source; where that is None, an optional key is left out."""

    name: str
    type: Type
    doc: str
    get: Callable[[S], Any]
    optional: bool = False

    def through(self, source: Callable[[T], S]) -> Key[T]:
        """The same key for an object that is made from something else, in which ``source`` finds this key's source."""
        return Key(self.name, self.type, self.doc, lambda outer: self.get(source(outer)), self.optional)


@dataclass(frozen=True, eq=False)
class Shape(Generic[S]):
    """An object with these keys, in this order, made from an ``S``."""

    name: str
    doc: str
    keys: tuple[Key[S], ...] = field(repr=False)

    def of(self, source: S) -> Document:
        document = {}
        for name, get, make, optional in self._parts:
            value = get(source)
            if value is not None or not optional:
                document[name] = make(value) if make else value
        return document

    @cached_property
    def _parts(self) -> list[tuple[str, Callable[[S], Any], Callable[[Any], Any] | None, bool]]:
        """The keys, taken apart: a document of a large account is made of millions, most of them values as they are."""
        return [(key.name, key.get, None if isinstance(key.type, Value) else key.type.of, key.optional) for key in self.keys]

    @property
    def words(self) -> str:
        return f"[{self.name}](#{self.name.replace(' ', '-')})"

    @property
    def schema(self) -> Document:
        return {"$ref": f"#/$defs/{self.name.replace(' ', '_')}"}

    @property
    def shapes(self) -> Iterable[Shape[Any]]:
        return (self,)

    @property
    def definition(self) -> Document:
        """The JSON Schema of the object itself, the shapes inside it by reference. Keys that are not in it are no errors."""
        return {
            "type": "object",
            "description": self.doc,
            "properties": {key.name: {**key.type.schema, "description": key.doc} for key in self.keys},
            "required": [key.name for key in self.keys if not key.optional],
        }


def inside(shape: Shape[Any]) -> Iterator[Shape[Any]]:
    """The shape and every shape it is made of, each once, in the order they are met."""
    waiting, known = [shape], dict[str, Shape[Any]]()
    while waiting:
        found = waiting.pop(0)
        if found.name not in known:
            known[found.name] = found
            yield found
            waiting += [each for key in found.keys for each in key.type.shapes]


def json_schema(shape: Shape[Any], title: str) -> Document:
    """A JSON Schema of draft 2020-12 for documents of this shape."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **shape.schema,
        "$defs": {each.name.replace(" ", "_"): each.definition for each in inside(shape)},
    }


def dumps(document: Mapping[str, Any], *, indent: int | None = 2) -> str:
    """JSON in ASCII, so that it can't drive a terminal it is shown on; on one line where ``indent`` is None."""
    separators = None if indent else (",", ":")
    return json.dumps(document, indent=indent, separators=separators).replace("\x7f", "\\u007f")

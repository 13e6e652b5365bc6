"""From a schema document to its shape; what no engine decides exactly is a problem at loading."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from airflow_gov_provider.domain.contracts.json_schemas.shapes import ANYTHING, NOTHING, Shape, Span
from airflow_gov_provider.domain.contracts.problems import Node, Problems, hint
from airflow_gov_provider.domain.contracts.values import pattern
from airflow_gov_provider.domain.quality.expectations import Bounds

_DIALECTS = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
)
_NUMBERS = {
    "minimum": "at_least",
    "maximum": "at_most",
    "exclusiveMinimum": "more_than",
    "exclusiveMaximum": "less_than",
}
SUPPORTED = (
    *("type", "enum", "const", *_NUMBERS, "minLength", "maxLength", "pattern"),
    *("items", "prefixItems", "minItems", "maxItems"),
    *("properties", "required", "additionalProperties", "dependentRequired"),
    *("minProperties", "maxProperties"),
    *("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "$defs", "definitions"),
)
# They say something to people, and decide nothing.
_REMARKS = frozenset(
    {"$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated"}
    | {"readOnly", "writeOnly", "contentMediaType", "contentEncoding"}
)
_SUCH = {
    "format": "it is a remark in JSON Schema and decides nothing; say it with 'pattern'",
    "dependencies": "write 'dependentRequired'",
    "patternProperties": "name the members under 'properties'",
    "nullable": "add 'null' to 'type', as in type: [string, 'null']",
}
_MOST_SHAPES = 1000
_MOST_DIGITS = 38


def _known() -> frozenset[str]:
    """The keywords of JSON Schema, whether supported here or not."""
    from jsonschema import Draft202012Validator

    return frozenset(Draft202012Validator.VALIDATORS)


def problems_of(schema: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What the meta-schema has against a document: where, and what."""
    from jsonschema import Draft202012Validator

    checker = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    for error in checker.iter_errors(schema):
        nearest = error.context[0] if error.context else error
        yield tuple(nearest.absolute_path), nearest.message


def shape_of(schema: Node) -> Shape | None:
    """The shape; None after a problem.

    :param schema: JSON that the meta-schema has nothing against.
    """
    found = len(schema.problems.found)
    shape = _Reader(schema).read(schema, ())
    return shape if len(schema.problems.found) == found else None


class _Reader:
    def __init__(self, root: Node) -> None:
        self._root, self._count = root, 0

    def read(self, node: Node, within: tuple[str, ...]) -> Shape:
        """:param within: the references that led here."""
        self._count += 1
        if self._count > _MOST_SHAPES:
            if self._count == _MOST_SHAPES + 1:
                self._root.wrong(
                    f"the schema has more than {_MOST_SHAPES} parts, with those that '$ref' repeats"
                )
            return ANYTHING
        if isinstance(node.value, bool):
            return ANYTHING if node.value else NOTHING
        self._report_unsupported(node)
        given: Mapping[str, Any] = node.value

        def inner(keyword: str) -> Shape | None:
            if keyword not in given:
                return None
            return self.read(node.child(given[keyword], keyword), within)

        def group(keyword: str) -> tuple[Shape, ...]:
            listed = node.child(given.get(keyword, ()), keyword)
            return tuple(self.read(each, within) for each in listed.items())

        every = [*group("allOf"), *self._referred(node, within)]
        if "const" in given:
            every.append(self._constant(node.child(given["const"], "const")))
        return Shape(
            kinds=_kinds(given.get("type")),
            numbers=_numbers(node),
            patterns=_patterns(node),
            prefix=group("prefixItems"),
            items=inner("items"),
            required=tuple(given.get("required", ())),
            dependent=tuple(
                (name, tuple(names)) for name, names in given.get("dependentRequired", {}).items()
            ),
            members=self._members(node, within),
            others=inner("additionalProperties"),
            every=tuple(every),
            some=((group("anyOf"),) if "anyOf" in given else ()) + self._enumerated(node),
            exactly_one=(group("oneOf"),) if "oneOf" in given else (),
            never=tuple(each for each in (inner("not"),) if each is not None),
            choices=_choices(inner),
            length=_span(node, "minLength", "maxLength"),
            count=_span(node, "minItems", "maxItems"),
            size=_span(node, "minProperties", "maxProperties"),
        )

    def _report_unsupported(self, node: Node) -> None:
        for keyword, value in node.value.items():
            if keyword == "$schema" and str(value).rstrip("#") not in _DIALECTS:
                known = ", ".join(_DIALECTS)
                node.child(value, keyword).wrong(f"expected one of {known}, found {value!r}")
            elif keyword == "$id" and node is not self._root:
                node.wrong("a part with an '$id' of its own is a schema of its own; leave it out")
            elif not (keyword in SUPPORTED or keyword in _REMARKS or keyword.startswith("x-")):
                near = "" if keyword in _known() else hint(keyword, SUPPORTED)
                listed = f"; supported: {', '.join(SUPPORTED)}"
                instead = f": {_SUCH[keyword]}" if keyword in _SUCH else near or listed
                node.wrong(f"the keyword {keyword!r} is not supported{instead}")

    def _members(self, node: Node, within: tuple[str, ...]) -> tuple[tuple[str, Shape], ...]:
        listed = node.child(node.value.get("properties", {}), "properties")
        for name in (*listed.value, *node.value.get("required", ())):
            if "\x00" in name:
                node.wrong("a name of a member contains U+0000")
        return tuple((name, self.read(each, within)) for name, each in listed.fields(None).items())

    def _referred(self, node: Node, within: tuple[str, ...]) -> Iterator[Shape]:
        if "$ref" not in node.value:
            return
        reference = node.child(node.value["$ref"], "$ref")
        path = reference.value
        if beside := sorted(node.value.keys() - _REMARKS - {"$ref", "$defs", "definitions"}):
            reference.wrong(
                f"{beside[0]!r} stands beside it, which drafts of JSON Schema read differently; "
                "write both into 'allOf'"
            )
        elif path in within:
            reference.wrong("the schema contains itself, so that no query can be written for it")
        elif (target := self._target(path)) is None:
            reference.wrong(
                f"expected a path within the schema such as #/$defs/name, found {path!r}"
            )
        else:
            yield self.read(target, (*within, path))

    def _target(self, path: str) -> Node | None:
        """Where a reference points (RFC 6901)."""
        if path != "#" and not path.startswith("#/"):
            return None
        node = self._root
        for part in path.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node.value, Mapping) or key not in node.value:
                return None
            node = node.child(node.value[key], key)
        return node if isinstance(node.value, (Mapping, bool)) else None

    def _enumerated(self, node: Node) -> tuple[tuple[Shape, ...], ...]:
        if "enum" not in node.value:
            return ()
        values = node.child(node.value["enum"], "enum").items()
        simple = [each for each in values if not isinstance(each.value, (dict, list))]
        shapes = [self._constant(each) for each in values if each not in simple]
        scalars = Shape(scalars=tuple(self._scalar(each) for each in simple))
        return ((scalars, *shapes),)

    def _constant(self, node: Node) -> Shape:
        """What equals a value: an object has all of its members and no others."""
        match node.value:
            case dict():
                members = tuple(
                    (name, self._constant(node.child(each, name)))
                    for name, each in node.value.items()
                )
                names = tuple(node.value)
                return Shape(
                    kinds=frozenset({"object"}), members=members, required=names, others=NOTHING
                )
            case list():
                return Shape(
                    kinds=frozenset({"array"}),
                    prefix=tuple(self._constant(each) for each in node.items()),
                    count=Span(at_least=len(node.value), at_most=len(node.value)),
                )
        return Shape(scalars=(self._scalar(node),))

    def _scalar(self, node: Node) -> Any:
        if isinstance(node.value, str) and "\x00" in node.value:
            node.wrong("a text contains U+0000, which no document here may")
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            return _number(node)
        return node.value


def _kinds(given: str | Sequence[str] | None) -> frozenset[str] | None:
    if given is None:
        return None
    return frozenset([given] if isinstance(given, str) else given)


def _numbers(node: Node) -> tuple[Bounds, ...]:
    limits = {
        side: _number(node.child(node.value[keyword], keyword))
        for keyword, side in _NUMBERS.items()
        if keyword in node.value
    }
    return tuple(Bounds(**{side: limit}) for side, limit in limits.items())


def _number(node: Node) -> int | float:
    number = node.number()
    if isinstance(number, int) and abs(number) >= 10**_MOST_DIGITS:
        node.wrong(f"expected a number of at most {_MOST_DIGITS} digits")
    return number or 0


def _patterns(node: Node) -> tuple[str, ...]:
    if "pattern" not in node.value:
        return ()
    found = pattern(node.child(node.value["pattern"], "pattern"))
    return () if found is None else (found,)


def _span(node: Node, least: str, most: str) -> Span:
    # 3.0 is a whole number as well.
    at_most = node.value.get(most)
    return Span(
        at_least=int(node.value.get(least, 0)),
        at_most=None if at_most is None else int(at_most),
    )


def _choices(inner: Callable[[str], Shape | None]) -> tuple[tuple[Shape, Shape, Shape], ...]:
    case = inner("if")
    if case is None:
        return ()
    return ((case, inner("then") or ANYTHING, inner("else") or ANYTHING),)


def read_text(schema: Any) -> Shape:
    """The shape of a schema that was read before without a problem."""
    node = Node(schema, "", Problems())
    return shape_of(node) or NOTHING

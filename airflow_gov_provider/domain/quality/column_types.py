"""Physical type names of databases, and the logical types they satisfy."""

from __future__ import annotations

import re

from airflow_gov_provider.domain.quality.expectations import LogicalType

_INTEGERS = (
    "INTEGER INT INT2 INT4 INT8 INT16 INT32 INT64 INT128 SIGNED SHORT LONG BIGINT SMALLINT TINYINT "
    "MEDIUMINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT UINT8 UINT16 UINT32 UINT64 "
    "SERIAL SMALLSERIAL BIGSERIAL BIGNUM VARINT"
)
_FLOATS = "DOUBLE|DOUBLE PRECISION|FLOAT|FLOAT4|FLOAT8|FLOAT64|REAL|MONEY"
_DECIMALS = "DECIMAL|NUMERIC|DEC|NUMBER|BIGNUMERIC"
_STRINGS = (
    "VARCHAR|CHAR|CHARACTER|CHARACTER VARYING|BPCHAR|NCHAR|NVARCHAR|NATIVE CHARACTER|"
    "VARYING CHARACTER|TEXT|STRING|CLOB|NAME|CITEXT|UUID|ENUM"
)
_TIMESTAMPS = (
    "TIMESTAMP|DATETIME|TIMESTAMPTZ|TIMESTAMP WITH TIME ZONE|TIMESTAMP WITHOUT TIME ZONE|"
    "TIMESTAMP_S|TIMESTAMP_MS|TIMESTAMP_US|TIMESTAMP_NS|TIMESTAMPTZ_NS|"
    "TIMESTAMP_NTZ|TIMESTAMP_LTZ|TIMESTAMP_TZ"
)
_TIMES = "TIME|TIMETZ|TIME WITH TIME ZONE|TIME WITHOUT TIME ZONE|TIME_NS"

_LOGICAL: dict[str, frozenset[LogicalType]] = {
    **dict.fromkeys(_INTEGERS.split(), frozenset({LogicalType.INTEGER, LogicalType.NUMBER})),
    **dict.fromkeys(_FLOATS.split("|"), frozenset({LogicalType.NUMBER})),
    **dict.fromkeys(_DECIMALS.split("|"), frozenset({LogicalType.NUMBER})),
    **dict.fromkeys(_STRINGS.split("|"), frozenset({LogicalType.STRING})),
    **dict.fromkeys(("BOOLEAN", "BOOL", "LOGICAL"), frozenset({LogicalType.BOOLEAN})),
    "DATE": frozenset({LogicalType.DATE}),
    **dict.fromkeys(_TIMESTAMPS.split("|"), frozenset({LogicalType.TIMESTAMP})),
    **dict.fromkeys(_TIMES.split("|"), frozenset({LogicalType.TIME})),
    **dict.fromkeys(("ARRAY", "LIST"), frozenset({LogicalType.ARRAY})),
    **dict.fromkeys(("STRUCT", "ROW", "MAP", "UNION"), frozenset({LogicalType.OBJECT})),
    **dict.fromkeys(
        ("JSON", "JSONB", "VARIANT"), frozenset({LogicalType.OBJECT, LogicalType.ARRAY})
    ),
    # Known types that no logical type describes: they satisfy none.
    **dict.fromkeys(
        (
            "BLOB",
            "BYTEA",
            "BINARY",
            "VARBINARY",
            "BYTES",
            "BIT",
            "BITSTRING",
            "INTERVAL",
            "GEOMETRY",
        ),
        frozenset[LogicalType](),
    ),
}

# Different names of one physical type.
_SAME = {
    name: names.split("|")[0]
    for names in (
        "INTEGER|INT|INT4|INT32|SIGNED|SERIAL",
        "BIGINT|INT8|INT64|LONG|BIGSERIAL",
        "SMALLINT|INT2|INT16|SHORT|SMALLSERIAL",
        "DOUBLE|DOUBLE PRECISION|FLOAT8|FLOAT64",
        "REAL|FLOAT|FLOAT4",
        "DECIMAL|NUMERIC|DEC",
        "VARCHAR|CHARACTER VARYING|TEXT|STRING|NVARCHAR|VARYING CHARACTER",
        "CHAR|CHARACTER|BPCHAR|NCHAR|NATIVE CHARACTER",
        "BOOLEAN|BOOL|LOGICAL",
        "TIMESTAMP|DATETIME|TIMESTAMP WITHOUT TIME ZONE|TIMESTAMP_US",
        "TIMESTAMPTZ|TIMESTAMP WITH TIME ZONE",
        "TIME|TIME WITHOUT TIME ZONE",
        "TIMETZ|TIME WITH TIME ZONE",
        "BLOB|BYTEA|BINARY|VARBINARY",
    )
    for name in names.split("|")
}
_PARAMETERS = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)")


def logical_types(physical: str) -> frozenset[LogicalType] | None:
    """The logical types that a column of this physical type satisfies; None if it is unknown.

    An integer is a number, too; a decimal without decimal places is an integer, too.
    """
    name, parameters = _taken_apart(physical)
    if name.endswith("]"):
        return frozenset({LogicalType.ARRAY})
    known = _LOGICAL.get(name)
    if known is not None and name in _DECIMALS.split("|") and _whole(parameters):
        return known | {LogicalType.INTEGER}
    return known


def same_physical_type(expected: str, found: str) -> bool | None:
    """Whether two names mean one type; None if the expected name is unknown.

    Lengths and precisions count only where both sides state them.
    """
    wanted, wanted_parameters = _taken_apart(expected)
    name, parameters = _taken_apart(found)
    wanted, name = _SAME.get(wanted, wanted), _SAME.get(name, name)
    if wanted == name:
        return not (wanted_parameters and parameters) or wanted_parameters == parameters
    return False if wanted.endswith("]") or wanted in _LOGICAL else None


def is_wider(one: str, other: str) -> bool | None:
    """Whether a type takes every value that another one takes, by their lengths and precisions.

    :returns: None where neither takes all of the other's, or they are no versions of one type.
    """
    (name, ours), (others_name, theirs) = _taken_apart(one), _taken_apart(other)
    if _SAME.get(name, name) != _SAME.get(others_name, others_name):
        return None
    sizes, others = _sizes(ours), _sizes(theirs)
    if not sizes or len(sizes) != len(others):
        return None
    if all(mine >= yours for mine, yours in zip(sizes, others, strict=True)):
        return True
    narrower = all(mine <= yours for mine, yours in zip(sizes, others, strict=True))
    return False if narrower else None


def _sizes(parameters: str) -> tuple[int, ...]:
    """The length of a text; of a decimal the digits before and behind the point."""
    parts = parameters.split(",")
    if not all(part.isdigit() for part in parts):
        return ()
    if len(parts) == 1:
        return (int(parts[0]),)
    precision, scale = int(parts[0]), int(parts[1])
    return (precision - scale, scale)


def _taken_apart(physical: str) -> tuple[str, str]:
    """``"numeric(10, 2)"`` to ``("NUMERIC", "10,2")``."""
    text = " ".join(physical.upper().split())
    found = _PARAMETERS.search(text)
    parameters = found.group(1).replace(" ", "") if found else ""
    name = " ".join(_PARAMETERS.sub(" ", text).split()).replace(" [", "[")
    return name.removesuffix(" UNSIGNED").removeprefix("UNSIGNED "), parameters


def _whole(parameters: str) -> bool:
    digits = parameters.split(",")
    return parameters != "" and (len(digits) == 1 or digits[1] == "0")

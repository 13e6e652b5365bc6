"""Formats of texts, with their check digits computed by the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

from sqlglot import exp

from airflow_gov_provider.domain.contracts.forms.formats import JSON, TextFormat
from airflow_gov_provider.domain.formats import FORMATS, Format
from airflow_gov_provider.domain.formats.checksums import Checksum, Mod11Then10, Mod97, Weighted
from airflow_gov_provider.domain.quality.expectations import Expectation
from airflow_gov_provider.profiling.columns import Column
from airflow_gov_provider.profiling.engines import literals
from airflow_gov_provider.profiling.engines.dialects import DuckDB
from airflow_gov_provider.profiling.failures import Unmeasurable
from airflow_gov_provider.profiling.planning import check_digits
from airflow_gov_provider.profiling.planning.validity import among, expect_text
from airflow_gov_provider.profiling.plans import Plan, Planner

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FIRST_LETTER = 10
# Other engines have no name for a value inside an expression, and see for themselves what repeats.
_WRITTEN: Mapping[str, Callable[[str, Checksum], str]] = {
    "duckdb": check_digits.duckdb,
    "postgres": check_digits.postgres,
}
# So many characters fit into 64 bits behind a remainder of 97.
_UNREDUCED = 7


def _format(planner: Planner, expectation: Expectation, where: list[exp.Expr]) -> Plan:
    wanted = expectation.parameters
    if not isinstance(wanted, TextFormat):
        raise Unmeasurable("the check does not say which format")
    column = planner.column(expectation.columns[0])
    expect_text(column, "format")
    if wanted.name == JSON:
        holds = planner.dialect.is_json(column)
    else:
        holds = _holds(planner.dialect, wanted.name, column)
    failing = exp.not_(exp.paren(holds))
    return planner.failing_rows(expectation, where, scope=[column], failing=failing)


def _holds(dialect: DuckDB, name: str, column: Column) -> exp.Expr:
    """True for a value of the format, false for any other that is not NULL."""
    wanted = FORMATS[name]
    if wanted.codes:
        return among(dialect, wanted.codes, column)
    matches = dialect.matches(column, wanted.pattern or "")
    if not wanted.checks:
        return matches
    if dialect.name == "sqlite":
        arguments = [literals.text(name), dialect.operand(column)]
        sums: exp.Expr = exp.Anonymous(this="governance_check_digits", expressions=arguments)
    else:
        sums = _sums_hold(dialect, wanted, column)
    # The sums are worked out only for what looks right, and have a value for anything.
    return exp.EQ(
        this=exp.case()
        .when(matches, exp.case().when(sums, _number(1)).else_(_number(0)))
        .else_(_number(0)),
        expression=_number(1),
    )


def _sums_hold(dialect: DuckDB, wanted: Format, column: Column) -> exp.Expr:
    bare = _without(dialect.operand(column), wanted.without)
    written = _WRITTEN.get(dialect.name)
    conditions: list[exp.Expr] = []
    for check in wanted.checks:
        if written is not None:
            conditions.append(exp.Var(this=written(bare.sql(dialect=dialect.name), check)))
        else:
            conditions.append(_sum_holds(dialect, bare, check))
    if wanted.refused:
        listed = [literals.text(value) for value in wanted.refused]
        conditions.append(exp.not_(exp.In(this=bare.copy(), expressions=listed)))
    return exp.and_(*conditions)


def _without(text: exp.Expr, characters: str) -> exp.Expr:
    empty = exp.Literal.string("")
    for character in characters:
        arguments = [text, exp.Literal.string(character), empty.copy()]
        text = exp.Anonymous(this="replace", expressions=arguments)
    return text


def _sum_holds(dialect: DuckDB, text: exp.Expr, check: Checksum) -> exp.Expr:
    match check:
        case Weighted():
            return _weighted(text, check)
        case Mod97():
            return _mod_97(dialect, text, check)
        case Mod11Then10():
            return _mod_11_10(dialect, text, check)


def _weighted(text: exp.Expr, check: Weighted) -> exp.Expr:
    if check.width is not None:
        zeros = exp.Literal.string("0" * check.width)
        start = exp.Add(this=exp.Length(this=text.copy()), expression=_number(1))
        padded = exp.DPipe(this=zeros, expression=text)
        text = exp.Substring(this=exp.paren(padded), start=start, length=_number(check.width))
    terms: list[exp.Expr] = [
        _times(_value(_at(text, term.position), term.alphabet), term.weight % check.modulus)
        for term in check.terms
    ]
    total = reduce(lambda left, right: exp.Add(this=left, expression=right), terms)
    left_over = exp.Mod(this=exp.paren(total), expression=_number(check.modulus))
    if check.check is not None:
        place = exp.Add(this=exp.paren(left_over), expression=_number(1))
        wanted = exp.Substring(this=exp.Literal.string(check.table), start=place, length=_number(1))
        return exp.EQ(this=_at(text, check.check), expression=wanted)
    allowed = [_number(remainder) for remainder in check.remainders]
    return exp.In(this=exp.paren(left_over), expressions=allowed)


def _mod_97(dialect: DuckDB, text: exp.Expr, check: Mod97) -> exp.Expr:
    """Horner's scheme: a digit moves the number one place on, a letter two, nothing none."""
    if check.moved:
        start = exp.Substring(this=text.copy(), start=_number(1), length=_number(check.moved))
        rest = exp.Substring(this=text, start=_number(check.moved + 1), length=_number(99))
        text = exp.paren(exp.DPipe(this=rest, expression=start))
    number: exp.Expr = exp.cast(_number(0), "bigint")
    for position in range(1, check.longest + 1):
        character = _at(text, position)
        factor = (
            exp.case()
            .when(exp.EQ(this=character, expression=exp.Literal.string("")), _number(1))
            .when(
                exp.LT(this=_value(character, _LETTERS), expression=_number(_FIRST_LETTER)),
                _number(10),
            )
            .else_(_number(100))
        )
        moved = exp.Mul(this=exp.paren(number), expression=factor)
        number = exp.Add(this=moved, expression=_value(character, _LETTERS))
        if position % _UNREDUCED == 0:
            number = _written(dialect, exp.Mod(this=exp.paren(number), expression=_number(97)))
    left_over = exp.Mod(this=exp.paren(number), expression=_number(97))
    return exp.EQ(this=exp.paren(left_over), expression=_number(1))


def _mod_11_10(dialect: DuckDB, text: exp.Expr, check: Mod11Then10) -> exp.Expr:
    """The product starts at 10; a sum of 0 counts as 10 before it is doubled."""
    product: exp.Expr = _number(10)
    for position in range(1, check.length):
        digit = _value(_at(text, position), _LETTERS)
        shifted = exp.Add(this=exp.paren(product), expression=digit)
        shifted = exp.Add(this=shifted, expression=_number(9))
        total = exp.Add(
            this=exp.Mod(this=exp.paren(shifted), expression=_number(10)), expression=_number(1)
        )
        doubled = exp.Mul(this=exp.paren(total), expression=_number(2))
        product = _written(dialect, exp.Mod(this=exp.paren(doubled), expression=_number(11)))
    last = _value(_at(text, check.length), _LETTERS)
    both = exp.Add(this=exp.paren(product), expression=last)
    left_over = exp.Mod(this=exp.paren(both), expression=_number(10))
    return exp.EQ(this=exp.paren(left_over), expression=_number(1))


def _written(dialect: DuckDB, expression: exp.Expr) -> exp.Expr:
    """As text, since what writes a deep tree calls itself for each level."""
    return exp.Var(this=expression.sql(dialect=dialect.name))


def _at(text: exp.Expr, position: int) -> exp.Expr:
    return exp.Substring(this=text.copy(), start=_number(position), length=_number(1))


def _value(character: exp.Expr, alphabet: str) -> exp.Expr:
    """The place of a character in an alphabet, from 0."""
    place = exp.StrPosition(this=exp.Literal.string(alphabet), substr=character.copy())
    return exp.paren(exp.Sub(this=place, expression=_number(1)))


def _times(value: exp.Expr, weight: int) -> exp.Expr:
    return value if weight == 1 else exp.Mul(this=value, expression=_number(weight))


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


PLANS = {TextFormat.kind: _format}

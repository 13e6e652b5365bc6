"""Formats: what each lets pass, what it refuses, and that all engines agree on both."""

from __future__ import annotations

import ipaddress
import random
import re
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_gov_provider.domain import contracts
from airflow_gov_provider.domain.formats import FORMATS, check_digits_hold
from airflow_gov_provider.profiling.places.files import profile_files

# Besides the example of each format; published examples, or computed from the published rule.
SOUND = {
    "email": ["a@b.co", "first.last+tag@sub.example.org", "x_y@1.de"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ABCDEF01-2345-6789-abcd-ef0123456789"],
    "ipv4": ["0.0.0.1", "255.255.255.255", "9.99.199.249"],
    "ipv6": ["::", "::1", "fe80::1:2:3", "1:2:3:4:5:6:7:8", "1::8", "::ffff:192.0.2.1", "1::"],
    "cidr": ["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "::/128"],
    "mac": ["00-1B-44-11-3A-B7"],
    "hostname": ["localhost", "xn--bcher-kva.example"],
    "url": ["http://a.b", "https://example.org:8443/x#y", "https://[2001:db8::1]/"],
    "date": ["2026-12-31", "2000-02-29", "1999-04-30", "2024-02-29"],
    "time": ["00:00", "23:59:59.123456"],
    "timestamp": ["2026-01-01 00:00", "2026-01-01T10:20:30Z", "2024-02-29T01:02:03+0530"],
    "phone": ["+14155550123"],
    "semver": ["0.0.1", "10.20.30+build.5"],
    "luhn": ["18", "0" * 10 + "18"],
    "credit_card": ["4111-1111-1111-1111", "378282246310005", "3782 822463 10005"],
    "iban": ["GB82WEST12345698765432", "FR1420041010050500013M02606", "NO9386011117947"],
    "lei": ["529900T8BM49AURSDO55"],
    "isbn_10": ["097522980X", "0-8044-2957-X"],
    "issn": ["2434-561X"],
    "sedol": ["0263494", "B0WNLY7"],
    "cusip": ["594918104", "38259P508"],
    "fr_nir": ["180032A00100292"],
    "es_nif": ["X1234567L", "Y1234567X", "Z1234567R"],
    "be_national_number": ["85073003328", "17073003384"],
    "br_cnpj": ["12.ABC.345/01DE-35", "11222333000181"],
    "se_personnummer": ["198112289874", "670919-9530"],
    "us_npi": ["1234567893"],
}
BROKEN = {
    "email": ["a@b", "@b.co", "a b@c.de", "a..b@c.de", "a@-b.de", "ä@b.de"],
    "uuid": ["123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g"],
    "ipv4": ["256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4 "],
    "ipv6": [":::", "1:2:3:4:5:6:7", "1::2::3", "12345::", "1:2:3:4:5:6:7:8:9", ":1"],
    "ip": ["1.2.3.4.5", "g::"],
    "cidr": ["10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/08"],
    "mac": ["00:1b:44:11:3a", "00:1b-44:11:3a:b7"],
    "hostname": ["-a.de", "a..b", "under_score"],
    "url": ["ftp://a.b", "https:// a.b", "https://a.b/ x", "example.org"],
    "date": ["2026-02-29", "1900-02-29", "2026-13-01", "2026-04-31", "2026-1-1", "2026-01-00"],
    "time": ["24:00", "1:00", "12:60"],
    "timestamp": ["2026-01-01", "2026-02-30T00:00:00", "2026-01-01T24:00:00Z"],
    "phone": ["+0123456789", "4930123456", "+49 30 123456"],
    "semver": ["1.2", "01.2.3", "1.2.3-"],
    "country_code": ["XX", "de", "DEU", ""],
    "country_code_3": ["XXX", "DE"],
    "currency_code": ["EURO", "eur", "DEM"],
    "language_code": ["xx", "DE"],
    "bic": ["DEUTDEF", "deutdeff", "DEUT1EFF"],
    "iban": ["DE89370400440532013001", "de89370400440532013000", "DE8937040044053201300", "DE"],
    "us_ssn": ["000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000"],
    "br_cpf": ["111.111.111-11", "529.982.247-26"],
    "luhn": ["7", "79927398710", "7992739871a"],
}


def altered(text: str) -> str:
    """The last digit or check letter, one further on."""
    position = max(n for n, each in enumerate(text) if each.isalnum())
    ring = "0123456789" if text[position].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    following = ring[(ring.find(text[position]) + 1) % len(ring)]
    return text[:position] + following + text[position + 1 :]


def texts(name: str) -> tuple[list[str], list[str]]:
    wanted = FORMATS[name]
    sound = [wanted.example, *SOUND.get(name, [])]
    broken = ["", "?", f" {wanted.example}", f"{wanted.example}\n", *BROKEN.get(name, [])]
    if wanted.checks:
        broken.append(altered(wanted.example))
    return sound, broken


def test_each_format_passes_its_examples_and_refuses_what_is_wrong(typed_source: Any):
    lists = {name: texts(name) for name in FORMATS}
    height = max(len(sound) + len(broken) for sound, broken in lists.values())
    filled = [
        [*sound, *broken, *[None] * (height - len(sound) - len(broken))]
        for sound, broken in lists.values()
    ]
    typed_source.create("data", dict.fromkeys(lists, "text"), list(zip(*filled, strict=True)))
    contract = contracts.load(
        {
            "contract": "formats",
            "version": "1",
            "columns": {name: {"format": name} for name in lists},
        }
    )
    found = typed_source.profile("data", contract.expectations).measurements

    answers = {name: found[f"{name}.format"] for name in lists}
    assert {n: a.error for n, a in answers.items() if a.error} == {}
    wrong = {
        name: (answer.failing, "of", len(lists[name][1]))
        for name, answer in answers.items()
        if answer.failing != len(lists[name][1])
    }
    assert wrong == {}


def luhn_holds(digits: str) -> bool:
    doubled = [int(each) * (2 if n % 2 else 1) for n, each in enumerate(reversed(digits))]
    return sum(each // 10 + each % 10 for each in doubled) % 10 == 0


def mod_97_holds(text: str, *, moved: int) -> bool:
    turned = text[moved:] + text[:moved]
    return int("".join(str(int(each, 36)) for each in turned)) % 97 == 1


def is_isbn_10(text: str) -> bool:
    values = [10 if each == "X" else int(each) for each in text]
    return sum((10 - n) * value for n, value in enumerate(values)) % 11 == 0


def is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def variants(name: str) -> list[str]:
    """Sound values with some of their characters exchanged for others of their kind."""
    chance = random.Random(name)  # noqa: S311 - no secret
    made = []
    for _ in range(60):
        characters = list(chance.choice([FORMATS[name].example, *SOUND.get(name, [])]))
        for _ in range(chance.randint(0, 2)):
            at = chance.randrange(len(characters))
            if characters[at].isalnum():
                kind = string.digits if characters[at].isdigit() else string.ascii_uppercase
                characters[at] = chance.choice(kind)
        made.append("".join(characters))
    return made


def test_the_sums_of_all_engines_are_those_of_python(typed_source: Any):
    lists = {name: variants(name) for name, wanted in FORMATS.items() if wanted.checks}
    typed_source.create(
        "data", dict.fromkeys(lists, "text"), list(zip(*lists.values(), strict=True))
    )
    contract = contracts.load(
        {"contract": "c", "version": "1", "columns": {name: {"format": name} for name in lists}}
    )
    found = typed_source.profile("data", contract.expectations).measurements

    expected = {
        name: sum(
            not (re.fullmatch(FORMATS[name].pattern or "", text) and check_digits_hold(name, text))
            for text in made
        )
        for name, made in lists.items()
    }
    assert {name: found[f"{name}.format"].failing for name in lists} == expected


GENERATED = {
    "luhn": (st.text("0123456789", min_size=2, max_size=19), luhn_holds),
    "iban": (
        st.from_regex("[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", fullmatch=True),
        lambda text: mod_97_holds(text, moved=4),
    ),
    "lei": (
        st.from_regex("[0-9A-Z]{18}[0-9]{2}", fullmatch=True),
        lambda text: mod_97_holds(text, moved=0),
    ),
    "isbn_10": (st.from_regex("[0-9]{9}[0-9X]", fullmatch=True), is_isbn_10),
    "ipv6": (
        st.one_of(
            st.ip_addresses(v=6).map(str), st.text("0123456789abcdef:.", min_size=2, max_size=20)
        ),
        lambda text: is_address(text, 6),
    ),
    "ipv4": (
        st.one_of(st.ip_addresses(v=4).map(str), st.text("0123456789.", max_size=16)),
        lambda text: is_address(text, 4),
    ),
}


@pytest.mark.parametrize("name", GENERATED)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_sum_in_sql_is_the_sum_that_the_standard_describes(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
):
    import duckdb

    made, holds = GENERATED[name]
    texts_made = data.draw(st.lists(made, min_size=20, max_size=60))
    path = tmp_path_factory.mktemp("formats") / "data.parquet"
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT unnest(?::VARCHAR[]) AS v", [texts_made])
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    contract = contracts.load({"contract": "c", "version": "1", "columns": {"v": {"format": name}}})

    found = profile_files(str(path), contract.expectations).measurements["v.format"]

    assert found.failing == sum(not holds(text) for text in texts_made)


DOCUMENTS = ["{}", "[]", "1", '"a"', "null", ' {"a": [1, {"b": "x,]NaN"}]}\n', "-0", "1e5", '"ü"']
NO_DOCUMENTS = [
    *("", " ", "{a: 1}", "{'a': 1}", '{"a": 1,}', "[1,\n]", "01", "1.", ".5", "+1", "nul"),
    *("NaN", '{"a": NaN}', "[Infinity]", '"\\x"', '"abc', "{}{}", "// c\n1", "0x1F"),
]


def test_a_json_document_is_one_of_the_standard_and_of_no_dialect_of_it(typed_source: Any):
    texts_of_all = [*DOCUMENTS, *NO_DOCUMENTS]
    typed_source.create(
        "data", {"n": "integer", "v": "text"}, [*enumerate(texts_of_all), (99, None)]
    )
    checks = [
        {"format": "json", "column": "v", "where": f"n = {n}"} for n in range(len(texts_of_all))
    ]
    contract = contracts.load({"contract": "c", "version": "1", "checks": checks})
    found = typed_source.profile("data", contract.expectations).measurements

    answers = [found[each.check_id].failing for each in contract.expectations[1:]]
    wrong = [text for text, failing in zip(texts_of_all, answers, strict=True) if failing]
    assert wrong == NO_DOCUMENTS

"""Addresses, dates and codes that standards list."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_gov_provider.domain.formats import code_lists
from airflow_gov_provider.domain.formats.form import Format

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_HEX = "[0-9A-Fa-f]{1,4}"
_YEAR = "[0-9]{4}"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    rf"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    rf"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_ZONE = r"(?:Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_MAIL_WORD = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"


def _ipv6() -> str:
    """All groups, or a run of zeros left out once (RFC 4291, 2.2), also before a dotted IPv4."""
    full = f"(?:{_HEX}:){{7}}{_HEX}"
    shortened = [f"(?:{_HEX}:){{1,{n}}}(?::{_HEX}){{1,{7 - n}}}" for n in range(1, 7)]
    ends = [f"(?:{_HEX}:){{1,7}}:", f":(?::{_HEX}){{1,7}}", "::"]
    dotted = [
        f"(?:{_HEX}:){{6}}{_IPV4}",
        f"::(?:{_HEX}:){{0,5}}{_IPV4}",
        *(f"(?:{_HEX}:){{1,{n}}}(?::{_HEX}){{0,{5 - n}}}:{_IPV4}" for n in range(1, 6)),
    ]
    return "(?:" + "|".join([full, *shortened, *ends, *dotted]) + ")"


_IPV6 = _ipv6()

TECHNICAL: Mapping[str, Format] = {
    "email": Format(
        words="an e-mail address",
        pattern=rf"{_MAIL_WORD}(?:\.{_MAIL_WORD})*@{_LABEL}(?:\.{_LABEL})+",
        example="ada@example.org",
    ),
    "uuid": Format(
        words="a UUID",
        pattern="[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
        example="123e4567-e89b-12d3-a456-426614174000",
    ),
    "ipv4": Format(words="an IPv4 address", pattern=_IPV4, example="192.0.2.17"),
    "ipv6": Format(words="an IPv6 address", pattern=_IPV6, example="2001:db8::17"),
    "ip": Format(words="an IP address", pattern=f"(?:{_IPV4}|{_IPV6})", example="2001:db8::17"),
    "cidr": Format(
        words="an IP network with its prefix",
        pattern=f"(?:{_IPV4}/(?:3[0-2]|[12]?[0-9])|{_IPV6}/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9]))",
        example="192.0.2.0/24",
    ),
    "mac": Format(
        words="a MAC address",
        pattern="[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})",
        example="00:1b:44:11:3a:b7",
    ),
    "hostname": Format(words="a host name", pattern=_HOST, example="db.example.org"),
    "url": Format(
        words="an http or https address",
        pattern=rf"https?://(?:{_HOST}|\[{_IPV6}\])(?::[0-9]{{1,5}})?(?:[/?#][!-~]*)?",
        example="https://example.org/a?b=c",
    ),
    "date": Format(words="a date as 2026-02-28", pattern=_DATE, example="2024-02-29"),
    "time": Format(words="a time as 23:59:59", pattern=_TIME, example="23:59:59"),
    "timestamp": Format(
        words="a timestamp as 2026-02-28T23:59:59Z",
        pattern=rf"{_DATE}[T ]{_TIME}{_ZONE}?",
        example="2026-02-28T23:59:59.5+01:00",
    ),
    "phone": Format(
        words="a telephone number of E.164", pattern=r"\+[1-9][0-9]{6,14}", example="+4930123456"
    ),
    "semver": Format(
        words="a semantic version",
        pattern=(
            r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2}"
            r"(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
        ),
        example="1.4.0-rc.1",
    ),
}

CODES: Mapping[str, Format] = {
    "country_code": Format(
        words="a country of ISO 3166-1 in two letters", codes=code_lists.COUNTRIES, example="DE"
    ),
    "country_code_3": Format(
        words="a country of ISO 3166-1 in three letters",
        codes=code_lists.COUNTRIES_3,
        example="DEU",
    ),
    "currency_code": Format(
        words="a currency of ISO 4217", codes=code_lists.CURRENCIES, example="EUR"
    ),
    "language_code": Format(
        words="a language of ISO 639-1", codes=code_lists.LANGUAGES, example="de"
    ),
}

"""Numbers that states give to people and companies, where a check digit is defined."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_gov_provider.domain.formats.checksums import (
    DIGITS,
    FILLER,
    Mod11Then10,
    Term,
    Weighted,
    alphabet,
    luhn,
    named,
    weighted,
)
from airflow_gov_provider.domain.formats.form import CAPITALS, EAN_13, Format, luhn_of

_NO_DATE = "(?:0[1-9]|[12][0-9]|3[01])"
_MONTH = "(?:0[1-9]|1[0-2])"
_SAME_11 = tuple(str(digit) * 11 for digit in range(10))
_NIE = DIGITS + FILLER * 13 + "XYZ"  # X, Y and Z are worth 23, 24 and 25, which is 0, 1 and 2
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_CNPJ = "".join(chr(code) for code in range(ord("0"), ord("Z") + 1)).translate(
    dict.fromkeys(range(ord(":"), ord("A")), FILLER)
)
_ODD_VALUES = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22)
_ODD = dict(zip(CAPITALS, (*_ODD_VALUES, 25, 24, 23), strict=True))
_ODD |= {str(digit): _ODD_VALUES[digit] for digit in range(10)}
_EVEN = {letter: value for value, letter in enumerate(CAPITALS)} | {
    digit: int(digit) for digit in DIGITS
}
_CORSICA = alphabet({**{digit: int(digit) for digit in DIGITS}, "A": -1, "B": -2}, 97)

NATIONAL: Mapping[str, Format] = {
    "us_ssn": Format(
        words="a US social security number",
        pattern=(
            "(?:00[1-9]|0[1-9][0-9]|[1-57-8][0-9]{2}|6(?:[0-57-9][0-9]|6[0-57-9]))"
            "-?(?:0[1-9]|[1-9][0-9])-?(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
        ),
        example="536-22-8726",
    ),
    "us_npi": Format(
        words="a US national provider identifier",
        pattern="[12][0-9]{9}",
        checks=(luhn(10, remainder=6),),
        example="1234567893",
    ),
    "uk_nhs_number": Format(
        words="an NHS number",
        pattern="[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}",
        checks=(weighted(range(10, 0, -1), 11),),
        without=" -",
        example="943 476 5919",
    ),
    "ca_sin": luhn_of(
        "a Canadian social insurance number",
        "[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}",
        9,
        "046 454 286",
        without=" -",
    ),
    "au_tfn": Format(
        words="an Australian tax file number",
        pattern="[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        checks=(weighted((1, 4, 3, 7, 5, 8, 6, 9, 10), 11),),
        without=" ",
        example="123 456 782",
    ),
    "au_abn": Format(
        words="an Australian business number",
        pattern="[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        checks=(
            Weighted(
                terms=tuple(
                    Term(position=n, weight=weight)
                    for n, weight in enumerate((10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19), 1)
                ),
                modulus=89,
                remainders=(10,),
            ),
        ),
        without=" ",
        example="51 824 753 556",
    ),
    "de_tax_id": Format(
        words="a German tax identification number",
        pattern="[1-9][0-9]{10}",
        checks=(Mod11Then10(length=11),),
        example="86095742719",
    ),
    "fr_nir": Format(
        words="a French social security number",
        pattern=r"[1-478][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{8}",
        checks=(
            Weighted(
                terms=(
                    *(
                        Term(
                            position=n,
                            weight=pow(10, 13 - n, 97),
                            alphabet=_CORSICA if n == 7 else DIGITS,  # noqa: PLR2004
                        )
                        for n in range(1, 14)
                    ),
                    Term(position=14, weight=10),
                    Term(position=15),
                ),
                modulus=97,
            ),
        ),
        example="255081416802538",
    ),
    "es_nif": Format(
        words="a Spanish tax number of a person",
        pattern="[0-9XYZ][0-9]{7}[A-Z]",
        checks=(
            Weighted(
                terms=tuple(
                    Term(
                        position=n,
                        weight=pow(10, 8 - n, 23),
                        alphabet=_NIE if n == 1 else DIGITS,
                    )
                    for n in range(1, 9)
                ),
                modulus=23,
                check=9,
                table=_DNI,
            ),
        ),
        example="12345678Z",
    ),
    "it_codice_fiscale": Format(
        words="an Italian fiscal code",
        pattern="[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPRST][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]",
        checks=(
            Weighted(
                terms=tuple(
                    Term(position=n, alphabet=alphabet(_ODD if n % 2 else _EVEN, 26))
                    for n in range(1, 16)
                ),
                modulus=26,
                check=16,
                table=CAPITALS,
            ),
        ),
        example="RSSMRA85T10A562S",
    ),
    "nl_bsn": Format(
        words="a Dutch citizen service number",
        pattern="[0-9]{9}",
        checks=(weighted((9, 8, 7, 6, 5, 4, 3, 2, 10), 11),),
        refused=("000000000",),
        example="111222333",
    ),
    "be_national_number": Format(
        words="a Belgian national number",
        pattern=r"[0-9]{2}[.]?[0-9]{2}[.]?[0-9]{2}-?[0-9]{3}[.-]?[0-9]{2}",
        checks=(
            Weighted(
                terms=(
                    *(Term(position=n, weight=pow(10, 9 - n, 97)) for n in range(1, 10)),
                    Term(position=10, weight=10),
                    Term(position=11),
                ),
                modulus=97,
                # Who was born since 2000 has a 2 in front that is not written.
                remainders=(0, -2 * 10**9 % 97),
            ),
        ),
        without=".-",
        example="85.07.30-033.28",
    ),
    "pl_pesel": Format(
        words="a Polish PESEL",
        pattern="[0-9]{11}",
        checks=(weighted((1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10),),
        refused=("00000000000",),
        example="44051401359",
    ),
    "pt_nif": Format(
        words="a Portuguese tax number",
        pattern="[1-35689][0-9]{8}",
        checks=(named(range(9, 1, -1), 11, check=9, table="00987654321"),),
        example="123456789",
    ),
    "ch_ahv": Format(
        words="a Swiss AHV number",
        pattern=r"756[.]?[0-9]{4}[.]?[0-9]{4}[.]?[0-9]{2}",
        checks=(EAN_13,),
        without=".",
        example="756.9217.0769.85",
    ),
    "se_personnummer": luhn_of(
        "a Swedish personal identity number",
        rf"(?:(?:18|19|20)?[0-9]{{2}}{_MONTH}(?:{_NO_DATE}|6[1-9]|[78][0-9]|9[01]))[-+]?[0-9]{{4}}",
        10,
        "811228-9874",
        without="-+",
    ),
    "no_fodselsnummer": Format(
        words="a Norwegian national identity number",
        pattern="[0-7][0-9]{10}",
        checks=(
            weighted((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), 11),
            weighted((5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), 11),
        ),
        refused=("00000000000",),
        example="01010750160",
    ),
    "fi_hetu": Format(
        words="a Finnish personal identity code",
        pattern=(
            rf"{_NO_DATE}{_MONTH}[0-9]{{2}}[-+ABCDEFUVWXY][0-9]{{3}}"
            "[0-9ABCDEFHJKLMNPRSTUVWXY]"
        ),
        checks=(
            Weighted(
                terms=tuple(
                    Term(position=position, weight=pow(10, 8 - n, 31))
                    for n, position in enumerate((1, 2, 3, 4, 5, 6, 8, 9, 10))
                ),
                modulus=31,
                check=11,
                table="0123456789ABCDEFHJKLMNPRSTUVWXY",
            ),
        ),
        example="131052-308T",
    ),
    "tr_tckn": Format(
        words="a Turkish identity number",
        pattern="[1-9][0-9]{10}",
        checks=(
            named((7, 9, 7, 9, 7, 9, 7, 9, 7), 10, check=10, table=DIGITS),
            named((1,) * 10, 10, check=11, table=DIGITS),
        ),
        example="10000000146",
    ),
    "br_cpf": Format(
        words="a Brazilian CPF",
        pattern=r"[0-9]{3}[.]?[0-9]{3}[.]?[0-9]{3}-?[0-9]{2}",
        checks=(
            named(range(1, 10), 11, check=10, table="01234567890"),
            named(range(10), 11, check=11, table="01234567890"),
        ),
        without=".-",
        refused=_SAME_11,
        example="529.982.247-25",
    ),
    "br_cnpj": Format(
        words="a Brazilian CNPJ",
        pattern=r"[0-9A-Z]{2}[.]?[0-9A-Z]{3}[.]?[0-9A-Z]{3}/?[0-9A-Z]{4}-?[0-9]{2}",
        checks=(
            named(
                (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2),
                11,
                check=13,
                table="00987654321",
                values=_CNPJ,
            ),
            named(
                (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2),
                11,
                check=14,
                table="00987654321",
                values=_CNPJ,
            ),
        ),
        without="./-",
        refused=("00000000000000",),
        example="11.222.333/0001-81",
    ),
    "cn_resident_id": Format(
        words="a Chinese resident identity number",
        pattern=rf"[1-9][0-9]{{5}}(?:18|19|20)[0-9]{{2}}{_MONTH}{_NO_DATE}[0-9]{{3}}[0-9X]",
        checks=(
            named(
                (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2),
                11,
                check=18,
                table="10X98765432",
            ),
        ),
        example="11010519491231002X",
    ),
    "za_id": luhn_of(
        "a South African identity number",
        rf"[0-9]{{2}}{_MONTH}{_NO_DATE}[0-9]{{4}}[012][0-9]{{2}}",
        13,
        "8001015009087",
    ),
}

"""Texts made comparable: search without accents and case, e-mails, phones, and the keys that logins share."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import phonenumbers

# The twin of public.normalizar() in migration 0001; a property test holds the two together.
_MARKS: Final = re.compile("[\u0300-\u036f]+")
_NOT_WORD: Final = re.compile("[^a-z0-9\u0080-\U0010ffff]+")
_SPACES: Final = re.compile("[\t-\r ]+")
_LETTERS: Final = str.maketrans(
    {
        **{chr(c): chr(c + 32) for c in range(ord("A"), ord("Z") + 1)},
        **dict(zip("ÐØĐðøđĦħıĸŁłŊŋŦŧ", "doddodhhikllnntt", strict=True)),
        **dict(zip("ÆæŒœẞßÞþ", ("ae", "ae", "oe", "oe", "ss", "ss", "th", "th"), strict=True)),
    }
)
# What may stand in a phone number as people type it. Letters are out: `phonenumbers` would dial them.
_PHONE: Final = re.compile(r"\+?[0-9 ()./\u2010-\u2015\u2212-]{6,40}")


def normalise_search(text: str) -> str:
    """Return the search form of a text: no accents, no case, single spaces. Same as SQL's normalizar()."""
    decomposed = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return _SPACES.sub(" ", decomposed.translate(_LETTERS)).strip(" ")


def search_words(text: str) -> list[str]:
    """Return the words of a search form: letters of any script and digits. Same as SQL's texto_palabras(), split."""
    return _NOT_WORD.sub(" ", normalise_search(text)).split()


def normalise_email(text: str) -> str:
    """Return the form in which e-mails are compared: NFC, lower case, no space around (CONTRACT §12)."""
    return unicodedata.normalize("NFC", text.strip()).lower()


@lru_cache(maxsize=4096)
def phone_e164(text: str, pais: str) -> str | None:
    """Read a phone as typed in a country (ISO 3166) and return it in E.164, or None when it is no phone.

    A number counts when its length is possible for its country; ranges that this library's tables do not
    know yet are not refused.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    if not _PHONE.fullmatch(typed):
        return None
    try:
        number = phonenumbers.parse(typed, pais)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def clave_acceso(text: str, pais: str) -> str:
    """Return the key of what somebody types to log in; correo, celular and usernick share one namespace.

    A text that reads as a phone becomes its E.164 form, one with `@` an e-mail, any other a case-blind name.
    """
    phone = phone_e164(text, pais)
    if phone is not None:
        return phone
    if "@" in text:
        return normalise_email(text)
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).strip().casefold())

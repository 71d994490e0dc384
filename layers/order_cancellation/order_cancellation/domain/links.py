"""Links, addresses and telephone numbers in what others write.

Sellers trust the mail that their network sends, and mail programs make links of what only looks like one. So a note, a
name or a SKU in it leads nowhere: it is refused when it comes in, and left out of a mail if it was stored before.

The patterns are compiled when they are needed first, which most functions never do.
"""

import re
import unicodedata
from typing import Final

_SCHEME: Final = r"(?i)[a-z][a-z0-9+-]{1,15}\s?:\s?[/\\]{2}|\b(?:mailto|tel|sms|callto|javascript|sip|skype):\S"
_WWW: Final = r"(?i)\bwww\d{0,2}\.[^\W_]"
_SPELLED: Final = r"(?i)\w\s?[(\[{]\s?(?:\.|dot)\s?[)\]}]\s?\w"
_HOST: Final = r"(?i)(?<![\w.-])(?:[^\W_][\w-]{0,62}\.){1,8}([^\W\d_]{2,24}|xn--[a-z0-9-]{1,59})(?![\w-])([:/?#]?)"
_NUMBERED_HOST: Final = r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])([:/?#]?)"
_ADDRESS: Final = r"[^\s@]@[^\s@]|(?<!\S)@\w{3}"
_ADDRESS_AT_HOST: Final = r"[^\s@]@[^\W_][\w-]{0,62}\."

_ABROAD: Final = r"\+\s?[(]?\d(?:[\s().\-/]{0,3}\d){6,14}|(?<!\w)[(]0?\d{2,5}[)][\s./-]{0,3}\d{3}"
_NORTH_AMERICAN: Final = (
    r"(?<![\w-])(?:1[\s./-]{1,2})?\d{3}[\s./-]{1,2}\d{3}[\s./-]{1,2}\d{4}(?![\w-])"
    r"|(?<![\w-])1[\s.-]\d{3}[\s.-][A-Z]{4,9}\b"
)
_WITH_A_ZERO: Final = r"(?<![\w.-])(?!\d\d[./-]\d\d[./-]\d\d)0\d{1,5}(?:[\s./-]{1,3}\d{2,8}){1,5}(?![\w-])"
_CALL: Final = (
    r"(?i)\b(?:call|dial|tel|telephone|fax|whatsapp|sms|hotline|helpline|phone (?:us|no|number|at))\b[^\d\n]{0,14}"
    r"\d(?:[\s().\-/]{0,3}\d){4,14}"
)
_LEAST_DIGITS: Final = 9  # of a number that begins with a zero: a month and its year have fewer

_MAY_LEAD: Final = r"[^\x00-\x7f]|[.:@+(\[{]"  # without any of them no code is a link, an address or a number

# Endings of hosts in capitals. In small letters any ending is one.
_ENDINGS: Final = frozenset(
    "com net org info biz shop store online site website xyz app dev io link click page top live club example".split()  # noqa: SIM905 - 21 lines otherwise
)


def in_text(text: str) -> str | None:
    """What a person's words have that leads elsewhere: "a link", "an address", "a telephone number"; or None."""
    plain = _plain(text)
    if any(re.search(pattern, plain) for pattern in (_SCHEME, _WWW, _SPELLED, _NUMBERED_HOST)):
        return "a link"
    if re.search(_ADDRESS, plain):
        return "an address"
    if re.search(_HOST, plain):
        return "a link"
    if any(re.search(pattern, plain) for pattern in (_ABROAD, _NORTH_AMERICAN, _CALL)):
        return "a telephone number"
    with_a_zero = (found[0] for found in re.finditer(_WITH_A_ZERO, plain))
    numbers = any(sum(map(str.isdigit, found)) >= _LEAST_DIGITS for found in with_a_zero)
    return "a telephone number" if numbers else None


def in_code(text: str) -> str | None:
    """The same of a SKU or an id, which may have points and many digits: only what is meant to be followed."""
    if not re.search(_MAY_LEAD, text):
        return None
    plain = _plain(text)
    if any(re.search(pattern, plain) for pattern in (_SCHEME, _WWW, _SPELLED)):
        return "a link"
    if re.search(_ADDRESS_AT_HOST, plain):
        return "an address"
    hosts = re.finditer(_HOST, plain)
    if any(host[1].islower() or host[1].lower() in _ENDINGS or host[2] for host in hosts):
        return "a link"
    if any(host[1] for host in re.finditer(_NUMBERED_HOST, plain)):
        return "a link"
    return "a telephone number" if re.search(_ABROAD, plain) else None


def _plain(text: str) -> str:
    """As a mail program reads it: one way to write each letter, without those that are not seen."""
    if text.isascii():
        return text
    seen = (letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")
    return re.sub("\u3002(?=[A-Za-z])", ".", "".join(seen))

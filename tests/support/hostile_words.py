"""What a stranger would write into a mail that sellers trust: links, addresses and numbers in every dress."""

from collections.abc import Iterator
from typing import Final

HOST, NUMBER = "evil", "0199"  # every one of them has one of these in it: neither may be in a mail

# Followed or linked by a mail program wherever they stand, in a SKU or an id as well.
LINKS: Final = (
    "http://evil.example",
    "HTTPS://EVIL.EXAMPLE/pay",
    "https:\\\\evil.example",
    "ftp://evil.example",
    "hxxps://evil.example",
    "http://user:pw@evil.example",
    "http://[::1]/evil",
    "http://0x7f000001/evil",
    "sms://evil",
    "www.evil.example",
    "WWW2.EVIL.EXAMPLE",
    "evil.example",
    "evil.com",
    "EVIL.COM",
    "evil.co.uk",
    "pay.evil.shop",
    "evil.example/pay?order=1",
    "evil.info:8443",
    "münchen-evil.de",
    "xn--evl-epa.evil.com",
    "evil\uff0ecom",
    "evil\u3002com",
    "evil\uff61com",
    "ｅｖｉｌ．ｃｏｍ",
    "evil[.]com",
    "evil(dot)com",
    "evil (.) com",
    "evil.invalid#x",
    "Evil.de",
    "EVIL.DE/PAY",
    "192.0.2.1/evil",
    "javascript:evil()",
    "mailto:evil",
    "skype:evil?call",
    "ops@evil.example",
    "ops＠evil.example",
    "OPS@EVIL.COM",
    '"a b"@evil.example',
)
NUMBERS_ABROAD: Final = (
    "+1 800 555 0199",
    "+18005550199",
    "+1 (800) 555-0199",
    "+49 30 555 0199",
    "＋１ 800 555 0199",
    "(800) 555-0199",
    "(0800) 555 0199",
    "tel:8005550199",
)
# In words alone: a SKU or an id may look like them.
IN_WORDS: Final = (
    "evil.example.technology",
    "EVIL.PHOTOGRAPHY",
    "Evil.De",
    "@evil_support",
    "ops@evil",
    "192.0.2.1 evil",
    "800-555-0199",
    "800.555.0199",
    "1-800-555-0199",
    "0800 555 0199",
    "0800/5550199",
    "030 555 0199",
    "03 555 0199",
    "call 5550199",
    "Call us at 8005550199",
    "WhatsApp: 800 5550199",
    "hotline 555 0199",
)
DRESSES: Final = (
    "{}",
    "See {}.",
    "({})",
    '"{}"',
    "Refund: {}!",
    "Out of stock, {} has it",
    "{} — at once",
    "1) {}",
    "Till spring; {}, please",
    "\u201c{}\u201d",
)


def in_text() -> Iterator[str]:
    """For a note or a name."""
    for words in (*LINKS, *NUMBERS_ABROAD, *IN_WORDS):
        for dress in DRESSES:
            yield dress.format(words)


def in_code() -> Iterator[str]:
    """For a SKU or a marketplace's id."""
    for words in (*LINKS, *NUMBERS_ABROAD):
        for dress in ("{}", "TENT {}", "({})", "113-1,{}"):
            yield dress.format(words)


def hidden(words: str) -> str:
    """The same with characters that nobody sees: they are gone from the mail, and may have been stored."""
    return "\u200b".join(words)

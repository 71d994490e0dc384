"""Sellers as the network registers them, and whether their mail arrives."""

from datetime import tzinfo
from typing import Final, Literal, NamedTuple

SUMMARY_PREFERENCES: Final = ("each_batch", "daily", "off")


class Contact(NamedTuple):
    """Where a seller's summaries go. ``time_zone`` is an IANA name, ``summaries`` one of SUMMARY_PREFERENCES."""

    name: str
    email: str
    time_zone: str
    summaries: str

    @property
    def zone(self) -> tzinfo | None:
        """The time zone, or None where there is none of this name (any longer): then times are in UTC."""
        import zoneinfo  # a hundredth of the start of a function that tells no times

        try:
            return zoneinfo.ZoneInfo(self.time_zone)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            return None


class MailProblem(NamedTuple):
    """What came back from an address. It counts only while the seller's contact still is that address.

    A complaint also ends when the network registers the seller again: somebody has spoken with them.
    """

    kind: Literal["bounce", "complaint"]
    email: str
    at: str


class Seller(NamedTuple):
    """A registered seller."""

    seller_id: str
    contact: Contact
    mail_problem: MailProblem | None = None

    @property
    def unreachable(self) -> MailProblem | None:
        """Why mail to the present address does not arrive, if it is known not to."""
        problem = self.mail_problem
        return problem if problem and same_address(problem.email, self.contact.email) else None


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are one mailbox: no provider that matters tells large letters from small ones."""
    return one.lower() == other.lower()

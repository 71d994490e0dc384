"""HTTP responses as botocore's handlers of ``before-send`` give them in place of the network's."""

from collections.abc import Iterator, Mapping

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders


def http_response(url: str, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> AWSResponse:
    """A response with this body."""
    all_headers = HTTPHeaders()
    for name, value in (headers or {}).items():
        all_headers[name] = value
    return AWSResponse(url, status, all_headers, _Raw(body))


class _Raw:
    """The body of an HTTP response, as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._body

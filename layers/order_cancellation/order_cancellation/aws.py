"""AWS's clients, made by botocore alone: boto3 on top of it costs a fifth of a cold start, and nothing needs it."""

from typing import Any, Final

from botocore.config import Config
from botocore.session import get_session

# A request is not checked against the service's model here at each call: the tests check every one that they see. The
# name that AWS reads in its logs is fixed: the SDK's own, put together anew for each request, is a tenth of a call. The
# Region's endpoint serves every account: whether this one has its own is not looked for at each call.
_OURS: Final = Config(parameter_validation=False, user_agent="order-cancellation", account_id_endpoint_mode="disabled")
_session: Final = get_session()


def client(service: str, config: Config) -> Any:
    """A client of a service; make it once per process. The layer has the services and operations that are used."""
    return _session.create_client(service, config=_OURS.merge(config))

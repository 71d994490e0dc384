"""What all tests share: the environment that the template would set, and no way to a real AWS account."""

import os

from hypothesis import HealthCheck, settings

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "POWERTOOLS_SERVICE_NAME": "order-cancellation",
    "POWERTOOLS_METRICS_NAMESPACE": "OrderCancellation",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "PORTAL_ORIGIN": "https://portal.test",
    "PROBLEM_TYPE_BASE": "https://portal.test/problems",
}

pytest_plugins = ["tests.support.local_stack"]

os.environ.pop("AWS_ENDPOINT_URL", None)
os.environ.pop("AWS_PROFILE", None)
os.environ.update(ENVIRONMENT)

# how long an example takes says nothing about the code
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

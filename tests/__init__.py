"""The variables that the template would set, and no way to a real AWS account: set before anything else is imported."""

import os

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

os.environ.pop("AWS_ENDPOINT_URL", None)
os.environ.pop("AWS_PROFILE", None)
os.environ.update(ENVIRONMENT)

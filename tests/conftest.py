"""What all tests share. The environment is that of the package, ``tests``."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.local_stack"]

# how long an example takes says nothing about the code
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

"""Plugins that every test may use. Pytest takes them only from the top folder."""

pytest_plugins = ["tests.capturing", "tests.postgres", "tests.spooling"]

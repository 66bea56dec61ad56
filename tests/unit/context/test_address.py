"""The address of a trace."""

import pytest

from datatracing.context.address import trace_url


@pytest.mark.parametrize("base", ["https://traces.example", "https://traces.example/"])
def test_a_trace_has_one_address_however_the_base_is_written(base):
    assert trace_url(base, "ab" * 16) == f"https://traces.example/api/v1/traces/{'ab' * 16}"


@pytest.mark.parametrize("base", ["", "traces.example", "javascript:alert(1)", "https://"])
def test_what_no_browser_may_follow_gives_no_address(base):
    assert trace_url(base, "ab" * 16) == ""

"""Requests made up from an app's own OpenAPI document, the same ones each time: for `serve` and for every mount."""

import json

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from datatracing.model import codec
from datatracing.testing import build

FEW = settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
RUN = build.run()
ODD = st.sampled_from([2**63 - 1, 2**63, -1, 1e400, "\ud800", "\x00", None, [], {}, "x" * 5_000, True])


@schemathesis.serializer("application/x-ndjson")
def _lines(_context, value):
    return str(value).encode("utf-8", "replace")


def operations(app):
    """By name, those that the app's document names."""
    schema = schemathesis.openapi.from_dict(app.openapi())
    return [found.ok() for found in schema.get_all_operations()]


def never_breaks(operation, request, headers):
    """Whatever is asked, no answer is 5xx, and what is refused is a problem document.

    `request` is what `requests` and Starlette's own client have in common, for a path of the document.
    """

    @hypothesis.seed(8)
    @FEW
    @given(case=operation.as_strategy(), body=bodies())
    def ask(case, body):
        path = case.formatted_path
        given = {"params": case.query, "headers": headers}
        if operation.method.lower() == "post":
            given["content"] = body
        answer = request(operation.method.upper(), path, **given)
        assert answer.status_code < 500, (operation.label, answer.status_code, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert "sqlite:" not in answer.text
            assert "/tmp/" not in answer.text

    ask()


@st.composite
def bodies(draw):
    """What our programs send, with odd values in any one place; or just bytes."""
    whole = draw(st.sampled_from([build.event(RUN), build.manifest(RUN, "load"), LOSS, {"trace_ids": [RUN.trace_id]}]))
    plain = codec.to_plain(whole)
    name = draw(st.sampled_from(sorted(plain)))
    inside = plain[name]
    if isinstance(inside, dict) and inside and draw(st.booleans()):
        inside[draw(st.sampled_from(sorted(inside)))] = draw(ODD)
    else:
        plain[name] = draw(ODD)
    as_json = json.dumps(plain).encode()
    return draw(st.one_of(st.just(as_json), st.binary(max_size=200)))


LOSS = {"fate": "lost", "reason": "disk_full", "count": 1, "at": 1, "trace_id": RUN.trace_id, "producer": "p"}

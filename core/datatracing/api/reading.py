"""The reading routes. Law 8: each one takes what the reader may see from `reader`, and nothing else decides."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from datatracing.access.visibility import Visibility
from datatracing.api import problems, schemas
from datatracing.api.answers import answer
from datatracing.errors import BadInputError
from datatracing.model.ids import is_trace_id
from datatracing.query.questions import Questions
from datatracing.query.runs import RUNS
from datatracing.query.trace import TRACE
from datatracing.query.why import WHY

Reader = Callable[..., Visibility]
"""A FastAPI dependency: it identifies the reader, or raises, and returns what this reader may see."""

RunName = Annotated[
    str,
    Query(
        max_length=4_000, description="airflow:DAG_ID/RUN_ID, dagster:JOB/RUN_ID, prefect:FLOW/RUN_ID, or a trace id"
    ),
]


def reading(questions: Questions, reader: Reader) -> APIRouter:
    """Routes that change nothing."""
    router = APIRouter(prefix="/api/v1", tags=["read"])
    of_reader = Depends(reader)

    @router.get("/runs", responses=shape(schemas.PageShape))
    def runs(query: Annotated[schemas.RunsQuery, Query()], visibility: Visibility = of_reader) -> Response:
        """Search run summaries, newest first."""
        return answer(questions.ask(RUNS, visibility=visibility, **query.model_dump()))

    @router.get("/find", responses=shape(schemas.FoundShape))
    def found(run: RunName, visibility: Visibility = of_reader) -> Response:
        """The trace id behind a run's name."""
        return answer({"trace_id": questions.find(run, visibility)})

    @router.get("/traces", responses=shape(schemas.TraceShape))
    def trace_by_name(run: RunName, visibility: Visibility = of_reader) -> Response:
        """The trace of a run, by its name."""
        return answer(questions.ask(TRACE, run, visibility))

    @router.get("/traces/{trace_id}", responses=shape(schemas.TraceShape))
    def trace(trace_id: str, visibility: Visibility = of_reader) -> Response:
        """The trace: run, spans, dependencies, links, verdict, completeness."""
        return answer(questions.ask(TRACE, checked(trace_id), visibility))

    @router.get("/traces/{trace_id}/why", responses=shape(schemas.WhyShape))
    def why_it(trace_id: str, visibility: Visibility = of_reader) -> Response:
        """The run's fate, with the reason at every stage."""
        return answer(questions.ask(WHY, checked(trace_id), visibility))

    return router


def checked(trace_id: str) -> str:
    """A trace id in lower case. BadInputError when it is none."""
    if not is_trace_id(trace_id.lower()):
        raise BadInputError("a trace id has 32 hex digits")
    return trace_id.lower()


def shape(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """What a route answers, for the OpenAPI document."""
    problem = {"description": "A problem (RFC 9457)", "content": {problems.MEDIA_TYPE: {"schema": schemas.PROBLEM}}}
    return {200: {"model": model}, 422: problem, "default": problem}

"""Which shapes Dagster has: neutral ones, some in a way of its own; and which it cannot have, with the reason."""

from tests.conformance.shapes import BY_NAME, Shape
from tests.dagster_rig.jobs import LONG

NEUTRAL = tuple(
    BY_NAME[name]
    for name in (
        "success_chain",
        "retry_then_success",
        "retries_exhausted",
        "branch_skip",
        "short_circuit",
        "map_over_result",
        "nested_groups",
    )
)
"""Exactly as they are."""

OWN = (
    Shape(
        "failed_chain",
        "steps that were never executed, of which Dagster's log has no event",
        "failed",
        {"start": "success", "extract": "failed", "transform": "upstream_failed", "load": "upstream_failed"},
    ),
    Shape(
        "mapped_one_fails",
        "one failing instance among dynamic ones",
        "failed",
        {
            "items": "success",
            "process[0]": "success",
            "process[1]": "failed",
            "process[2]": "success",
            "collect": "upstream_failed",
        },
    ),
    Shape(
        "mapped_retry",
        "attempts are counted per mapping key",
        "success",
        {
            "items": "success",
            "process[0]": "success",
            "process[1]": "retried",
            "process[1] #2": "success",
            "process[2]": "success",
            "collect": "success",
        },
    ),
    Shape(
        "zero_length_map",
        "a map over nothing: what collects it is executed all the same",
        "success",
        {"items": "success", "process": "skipped", "collect": "success"},
    ),
    Shape(
        "map_behind_a_skip",
        "a map over the result of a step that was skipped: Dagster has no word for its instances",
        "success",
        {"gate": "success", "items_of": "skipped", "process": "skipped", "collect": "skipped"},
    ),
    Shape(
        "map_after_retry",
        "what a failed attempt yielded is no instance of anything",
        "success",
        {
            "items": "retried",
            "items #2": "success",
            "process[try_1]": "success",
            "process[more]": "success",
            "collect": "success",
        },
    ),
    Shape(
        "unlucky_map",
        "down a mapped chain only the instance behind the failure is missing",
        "failed",
        {
            "items": "success",
            **dict.fromkeys(("process[0]", "process[2]", "second[0]", "second[2]"), "success"),
            "process[1]": "failed",
            "second[1]": "upstream_failed",
            "collect": "upstream_failed",
        },
        links=(("rerun_of", "down", "reexecuted"),),
    ),
    Shape(
        "reexecuted",
        "the same run executed again from where it failed: only those steps, and a run of its own",
        "success",
        {"process[1]": "success", "second[1]": "success", "collect": "success"},
        links=(("rerun_of", "up", "unlucky_map"),),
        pipeline="unlucky_map",
    ),
    Shape(
        "map_behind_a_failure",
        "a map of which nobody will ever know the keys",
        "failed",
        {"items": "failed", "process": "upstream_failed", "collect": "upstream_failed"},
    ),
    Shape(
        "mapped_group",
        "instances of a mapped graph depend on their own key, what follows depends on all",
        "success",
        {
            "items": "success",
            **{f"pair.{task}[{key}]": "success" for task in ("first", "second") for key in range(3)},
            "collect": "success",
        },
    ),
    Shape(
        "order_only",
        "a step that waits for another one and takes nothing from it",
        "success",
        {"start": "success", "follow": "success"},
    ),
    Shape("hooks", "hooks of the user's, one of which fails", "failed", {"start": "success", "fail": "failed"}),
    Shape(
        "terminated",
        "a run that somebody has terminated",
        "cancelled",
        {"terminate_the_run": "cancelled", "load": "cancelled"},
    ),
    Shape(
        "interrupted",
        "a run whose process was told to end, and not by Dagster",
        "failed",
        {"interrupt_the_run": "crashed", "load": "upstream_failed"},
    ),
    Shape(
        "asset_job",
        "assets, one without its optional output, one of a graph, one with a check",
        "success",
        {
            "raw__orders": "retried",
            "raw__orders #2": "success",
            "split": "success",
            "refunds": "skipped",
            "report.add": "success",
            "report.again": "success",
            "report_report_is_whole": "success",
        },
        links=(("asset", "down", "__ASSET_JOB"),),
    ),
    Shape(
        "__ASSET_JOB",
        "some assets, materialised by hand",
        "success",
        {"split": "success", "refunds": "skipped"},
        links=(("asset", "up", "asset_job"),),
    ),
    Shape(
        "ids_at_the_edge",
        "names as long as one likes",
        "success",
        {"_0": "success", "w" * 200: "success"},
        pipeline=LONG,
    ),
)
"""Played in both executors."""

IN_PROCESS = (
    Shape("resource_fails", "a resource that cannot be made, so no step ever starts", "failed",
          {"use_warehouse": "upstream_failed", "work": "upstream_failed"}),
    Shape("terminated_between_tries", "a run that was terminated while it slept before a try", "cancelled",
          {"terminate_before_the_next_try": "retried", "terminate_before_the_next_try #2": "cancelled",
           "load": "cancelled"}),
)  # fmt: skip
APART = (
    Shape("killed_step", "a step whose process was killed", "failed",
          {"kill_itself": "crashed", "load": "upstream_failed"}),
    Shape("resource_fails", "a resource that cannot be made, for the step that needs it", "failed",
          {"use_warehouse": "failed", "work": "upstream_failed"}),
    Shape("terminated_between_tries", "a run that was terminated before a try: the one before it was the last",
          "cancelled", {"terminate_before_the_next_try": "failed", "load": "upstream_failed"}),
)  # fmt: skip
KILLED = Shape(
    "killed_run",
    "a run whose process was killed: Dagster calls it started for ever",
    "lost",
    {"kill_the_run": "lost", "load": "upstream_failed"},
)
"""Takes the process that plays it along, in both executors."""

ABSENT = {
    "upstream_failed": "nothing runs behind a failure: Dagster has no trigger rules; see failed_chain",
    "empty_operator": "every step is executed by a process",
    "self_skip": "a step that runs is a success; what it does not yield is skipped; see short_circuit",
    "setup_teardown": "Dagster has resources for that",
    "deferred_task": "a step stays in its process until it ends",
    "rescheduling_sensor": "a sensor is no step of a run",
    "cleared_and_rerun": "a re-execution is a run of its own; see reexecuted",
    "killed_task": "see killed_step",
    "killed_worker": "see killed_run",
    "silent_ends": "see killed_step and resource_fails",
    "marked_success": "no state can be set by hand",
    "marked_failed": "no state can be set by hand",
    "run_marked_failed": "no state can be set by hand",
    "run_timeout": "run monitoring ends such a run as a failure; see killed_run",
    "triggers_child": "a run does not trigger another one, a sensor does; see the daemon's tests",
    "triggered_child": "the same",
    "writes_asset": "see the links' tests",
    "asset_triggered": "the same",
}

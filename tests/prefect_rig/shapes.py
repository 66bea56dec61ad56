"""Which shapes Prefect has: neutral ones, its own ones; and which it cannot have, with the reason."""

from tests.conformance.edges import LONG_NAME, UNICODE_NAME
from tests.conformance.shapes import BY_NAME, Shape

NEUTRAL = tuple(
    BY_NAME[name]
    for name in (
        "success_chain",
        "retry_then_success",
        "retries_exhausted",
        "upstream_failed",
        "mapped_one_fails",
        "mapped_retry",
        "map_over_result",
        "mapped_group",
        "setup_teardown",
    )
)
"""Exactly as they are."""

ORDINARY = (
    Shape("no_tasks", "a flow without tasks", "success", {}),
    Shape(
        "direct_calls",
        "results handed on as values",
        "success",
        dict.fromkeys(("extract", "transform", "load"), "success"),
    ),
    Shape(
        "same_task_thrice",
        "a task that is called again and again, which depends on nothing",
        "success",
        {f"work[{number}]": "success" for number in range(3)},
    ),
    Shape(
        "zero_length_map",
        "a map over nothing: not one task run, and what collects it runs all the same",
        "success",
        {"items": "success", "collect": "success"},
    ),
    Shape(
        "hundred",
        "a hundred instances of one task, many at a time",
        "success",
        {**{f"process[{number}]": "success" for number in range(100)}, "collect": "success"},
    ),
    Shape("wait_for", "order without data", "success", {"first": "success", "second": "success"}),
    Shape("tagged", "tags", "success", {"work": "success"}),
    Shape(
        "lost_edges",
        "results that Prefect cannot follow, which the trace admits",
        "success",
        {f"{value}_{end}": "success" for value in ("number", "truth", "nothing") for end in ("given", "taken")},
    ),
    Shape(
        "custom_names",
        "runs that were given names by templates, still of one task",
        "success",
        {"renamed[0]": "success", "renamed[1]": "success"},
    ),
    Shape(
        "ids_at_the_edge",
        "names as long and as strange as they may be",
        "success",
        {LONG_NAME: "success", UNICODE_NAME: "success", "1 - 2": "success"},
        pipeline=LONG_NAME,
    ),
    Shape("gathered", "tasks of an event loop", "success",
          {**{f"awaited[{number}]": "success" for number in range(4)}, "collect": "success"}),
    Shape("generator_task", "a task that yields, and what takes from it while it still runs", "success",
          {"stream": "success", "work[0]": "success", "work[1]": "success"}),
    Shape("generator_flow", "a flow that yields", "success", {"work[0]": "success", "work[1]": "success"}),
    Shape("nested_task", "a task called by a task", "success", {"outer": "success", "inner": "success"}),
    Shape("cached", "a result from the cache, which a later task depends on like on any other", "success",
          {**{f"{task}[{number}]": "success" for task in ("remembered", "work") for number in (0, 1)}}),
    Shape("outlived", "a task that ends after its flow", "success", {"last_words": "success"}),
)  # fmt: skip

MUTE = ("silent_thread", "fall_silent_later", "fall_silent")
"""Tasks that fail, as the process knows that ran them, and go on for ever, as Prefect's record has it."""

ENDINGS = (
    Shape("swallowed_failure", "a failed task in a flow that does not mind", "success", {"fail": "failed"}),
    Shape("rolled_back", "a success that was taken back", "failed", {"undo": "success", "fail": "failed"}),
    Shape("failed_flow", "a failure in the open", "failed", {"work": "success", "fail": "failed"}),
    Shape("task_timeout", "a task of an event loop that took too long", "failed", {"slow": "failed"}),
    Shape("blocking_timeout", "a task of a thread that took too long", "failed", {"slow_and_blocking": "failed"}),
    Shape("flow_timeout", "a flow that took too long", "failed", {"awaited": "success", "patient": "crashed"}),
    Shape("cancelled_flow", "a flow that calls itself cancelled", "cancelled", {"work": "success"}),
    Shape("cancelled_task", "a task that calls itself cancelled", "success", {"give_up": "cancelled"}),
    Shape("crashed_task", "an interrupt in a task", "crashed", {"work": "success", "crash": "crashed"}),
    Shape("mute", "errors whose text cannot be had, of which Prefect says nothing", "failed",
          dict.fromkeys(MUTE, "lost")),
    Shape("left", "a task that leaves the process", "crashed", {"leave": "crashed"}),
    Shape("crashed_flow", "an interrupt between tasks", "crashed", {"work": "success"}),
)  # fmt: skip

AGAIN = (
    Shape("patient_retry", "an attempt that waited for its turn", "success",
          {"patient": "retried", "patient #2": "success"}),
    Shape("flow_retry", "a flow that ran twice: task runs of their own", "success",
          {"work[0]": "success", "work[1]": "success"}),
    Shape("paused", "a flow that waited in its process", "success", {"before": "success", "after": "success"}),
    Shape("suspended", "a flow that left its process and began anew", "success",
          {"before[0]": "success", "before[1]": "success", "after": "success"}),
    Shape("rerun", "a finished run that was run again by hand", "success",
          {"work[0]": "success", "work[1]": "success"}),
)  # fmt: skip

LINKED = (
    Shape("subflow", "a flow called by a flow, and what depends on it", "success",
          {"before": "success", "child": "success", "after": "success"}, links=(("child", "down", "child"),)),
    Shape("child", "a flow called by a flow", "success", {"work": "success"}, links=(("child", "up", "subflow"),),
          started_by="subflow"),
    Shape("async_subflow", "the same in an event loop", "success",
          {"async_child": "success"}, links=(("child", "down", "async_child"),)),
    Shape("async_child", "the same from below", "success", {"awaited": "success"},
          links=(("child", "up", "async_subflow"),), started_by="async_subflow"),
    Shape("failing_subflow", "a failure that comes from below", "failed",
          {"failing_child": "failed"}, links=(("child", "down", "failing_child"),)),
    Shape("failing_child", "a failure that goes up", "failed", {"fail": "failed"},
          links=(("child", "up", "failing_subflow"),), started_by="failing_subflow"),
    Shape("writes_asset", "a run that writes what another one reads", "success", {"write": "success"},
          links=(("asset", "down", "reads_asset"),)),
    Shape("reads_asset", "a run that reads what another one wrote", "success", {"refine": "success"},
          links=(("asset", "up", "writes_asset"),)),
)  # fmt: skip

SHAPES = (*NEUTRAL, *ORDINARY, *ENDINGS, *AGAIN, *LINKED)

ABSENT = {
    "empty_operator": "every task run is executed by a process",
    "self_skip": "a task cannot skip itself; it returns, fails, or is cancelled",
    "branch_skip": "the branch not taken is code that was not run, of which nobody knows",
    "short_circuit": "the same",
    "nested_groups": "a flow has no groups of tasks; see subflow",
    "deferred_task": "a task stays in its process until it ends; see suspended",
    "rescheduling_sensor": "there are no sensors",
    "cleared_and_rerun": "see rerun: the whole flow runs again, in new task runs",
    "killed_task": "a task has no process of its own; see the tests of deaths and of runners",
    "killed_worker": "the same",
    "silent_ends": "see left",
    "marked_success": "a task run's state is told by its own process only",
    "marked_failed": "the same",
    "run_marked_failed": "see the watcher's tests: a process does not hear of it",
    "run_timeout": "see flow_timeout",
    "triggers_child": "see the tests of runners: that takes a served flow",
    "triggered_child": "the same",
    "asset_triggered": "see the watcher's tests of links: that takes an automation",
}

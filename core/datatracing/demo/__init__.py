"""The stage of `datatracing demo`: a folder, a store, processes. What is played on it is an orchestrator's own story,
found by the entry points `datatracing.demos`; core never imports an orchestrator."""

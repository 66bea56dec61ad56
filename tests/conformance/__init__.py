"""The shapes of runs that every orchestrator has, and the check that a trace tells the truth about them.

`shapes` declares them without naming an orchestrator. An orchestrator's rig brings a pipeline per shape and an
account: its own database, read without any code of ours. `check` compares a trace document with that account.
"""

"""Faults by the hundred, from a seed: whatever happens, an event is stored, or its loss is named on its run.

`make chaos SEED=... FAULTS=...`, or `python -m tests.chaos --seed S --faults N`. The seed decides which faults come in
which order and whom they hit; when exactly they hit is the machine's.
"""

"""A real Prefect for tests: flows for every shape, programs that play them, and Prefect's own account of a run."""

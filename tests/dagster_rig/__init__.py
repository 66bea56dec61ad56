"""A real Dagster for tests: jobs for every shape, programs that play them, and Dagster's own account of a run."""

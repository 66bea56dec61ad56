"""A real Dagster that runs the example jobs once and shows their trace. Nothing here imports Dagster: it is started."""

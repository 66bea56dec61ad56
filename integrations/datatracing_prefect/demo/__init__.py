"""A real Prefect that runs the example flow once and shows its trace. Nothing here imports Prefect: it is started."""

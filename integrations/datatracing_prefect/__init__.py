"""DataTracing inside Prefect."""

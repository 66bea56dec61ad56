"""DataTracing inside Dagster."""

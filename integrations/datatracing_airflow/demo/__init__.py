"""A real Airflow that runs the example DAGs once and shows their trace. Nothing here imports Airflow: it is started."""

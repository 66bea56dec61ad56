"""A real Airflow for tests: its own home, its four processes, and a plain reading of its database."""

"""Storms of short tasks on a real Airflow: they fork, thread, fail and are killed; every attempt has to be there."""

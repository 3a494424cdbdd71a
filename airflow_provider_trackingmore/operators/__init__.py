"""Airflow operators: arguments, templates, and one call into the rooms below."""

"""Run the daily Dag once, in the Airflow that the environment names.

Airflow logs to standard output and error; what this package says goes to the screen as well, where there
is one.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path


def main() -> int:
    """Return 0 if the Dag run succeeded."""
    from airflow.utils.db import initdb

    if not (Path(os.environ["AIRFLOW_HOME"]) / "ready").exists():
        initdb()
        (Path(os.environ["AIRFLOW_HOME"]) / "ready").touch()

    from airflow.models.pool import Pool

    Pool.create_or_update_pool(
        "trackingmore_default", 1, "requests of one TrackingMore account", include_deferred=True
    )
    speak()
    sys.path.insert(0, os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    from trackingmore_daily import dag

    run = dag.test()
    return 0 if str(getattr(run.state, "value", run.state)) == "success" else 1


def speak() -> None:
    """Send this package's own lines to the descriptor in ``DEMO_SCREEN``."""
    screen = os.fdopen(int(os.environ["DEMO_SCREEN"]), "w", buffering=1)
    handler = logging.StreamHandler(screen)
    handler.setFormatter(logging.Formatter("  %(message)s"))
    logger = logging.getLogger("airflow_provider_trackingmore")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)


if __name__ == "__main__":
    sys.exit(main())

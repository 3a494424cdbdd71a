"""Spark and PostgreSQL stand in an environment of their own; without it there is nothing to collect here."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

collect_ignore = [] if find_spec("pyspark") else ["test_engines.py"]

# The world and its stories are those of the tests of the models.
sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("sql", "store")]

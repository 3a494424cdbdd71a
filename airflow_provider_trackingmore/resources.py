"""Where the SQL models, checks and seeds are: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path


def sql_folder() -> Path:
    """Return the folder that holds ``models``, ``checks`` and ``seeds``."""
    package = Path(__file__).parent
    for folder in (package / "sql", package.parent / "sql"):
        if (folder / "models").is_dir():
            return folder
    raise FileNotFoundError("the sql folder is missing: install the wheel or use a full checkout")

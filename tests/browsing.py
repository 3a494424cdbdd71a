"""A real browser, for what only a browser shows."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Start the Chromium of this machine; skip without one, but not where everything must be tested."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        tell = pytest.fail if os.environ.get("CI") else pytest.skip
        tell("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(arguments))
        yield browser
        browser.close()

"""Find a Chromium for the browser tests, and fetch one where there is none.

From PATH if it is there; else from the system's packages (as root); else Playwright's
own download. Prints nothing where nothing had to be done.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def on_path() -> str | None:
    """Path of an installed Chromium."""
    found = (shutil.which(name) for name in NAMES)
    return next((path for path in found if path), None)


def from_playwright() -> str | None:
    """Path of the Chromium that Playwright downloaded."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - may not be needed

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def find() -> str | None:
    """Path of a Chromium that can be used, without fetching one."""
    return on_path() or from_playwright()


def install() -> None:
    """Fetch a Chromium from the system's packages or through Playwright."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        update = subprocess.run(["apt-get", "update", "-qq"], check=False)
        command = ["apt-get", "install", "-y", "-qq", "chromium"]
        done = subprocess.run(command, check=False, env=environment, stdout=sys.stderr)
        if update.returncode == done.returncode == 0 and on_path():
            return
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    if find() is None:
        install()
    if find() is None:
        sys.exit("No Chromium: install the package chromium, then try again.")

"""What is known of the program that records; of a device, see `drivers.identity`.

One rule: nothing of a person, a shop or a machine's name; a recording may be passed on.
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("gongji", "numpy", "opencv-python-headless", "pyserial", "zxing-cpp")


def program_facts() -> dict[str, str]:
    facts = {"python": platform.python_version(), "system": platform.system()}
    facts |= {"kernel": platform.release(), "machine": platform.machine()}
    for package in PACKAGES:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            continue
    return facts

"""What is known beside the bytes: of the program, and of each device its model.

One rule: nothing of a person, a shop or a machine's name; a recording may be passed on.
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from drivers.address import device_file
from drivers.usb import model_of

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


def device_facts(url: str) -> dict[str, str]:
    """{} where the system says nothing of it."""
    return model_of(device_file(url))

"""What is known beside the bytes: of the program, and of a device.

One rule: nothing of a person, a shop or a machine's name; a recording is meant to be passed on.
"""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("gongji", "numpy", "opencv-python-headless", "pyserial", "zxing-cpp")
USB_FACTS = ("idVendor", "idProduct", "manufacturer", "product", "bcdDevice", "speed")
"""Files of a USB device in sysfs; not its serial number."""


def program_facts() -> dict[str, str]:
    facts = {"python": platform.python_version(), "system": platform.system()}
    facts |= {"kernel": platform.release(), "machine": platform.machine()}
    for package in PACKAGES:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            continue
    return facts


def device_facts(place: str) -> dict[str, str]:
    """What Linux says of the USB device behind a device file; {} where it says nothing.

    place    such as /dev/serial/by-id/usb-…
    """
    try:
        number = os.stat(place).st_rdev
        node = Path(f"/sys/dev/char/{os.major(number)}:{os.minor(number)}").resolve(strict=True)
    except OSError:
        return {}
    for folder in node.parents:
        if (folder / "idVendor").is_file():
            return {name: text for name in USB_FACTS if (text := _line(folder / name))}
    return {}


def _line(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""

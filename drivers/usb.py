"""Which device is behind a device file: what Linux tells of it.

One rule: what the system does not tell is left out.  Nothing is opened, nothing is raised.

Source   udev's links below /dev/…/by-id, and sysfs (Documentation/ABI/stable/sysfs-bus-usb,
         testing/sysfs-class-video4linux)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

VALUE_CHARS_MAX = 200
BY_ID = ("dev/serial/by-id", "dev/v4l/by-id", "dev/input/by-id")
CLASSES = ("tty", "video4linux", "hidraw", "input", "usbmisc")
MODEL = ("idVendor", "idProduct", "manufacturer", "product", "bcdDevice", "speed")
"""sysfs attributes that all devices of one model share."""


def model_of(place: str, root: Path = Path("/")) -> dict[str, str]:
    """What the USB device behind a device file says of its model; {} where it is on no USB.

    place    such as /dev/serial/by-id/usb-…
    """
    for folder in _sysfs(place, root):
        if (folder / "idVendor").is_file():
            return {name: text for name in MODEL if (text := _text(folder / name))}
    return {}


def serial_number_of(place: str, root: Path = Path("/")) -> str:
    """Of the one device; "" where it has none, as cheap ones do."""
    for folder in _sysfs(place, root):
        if (folder / "idVendor").is_file():
            return _text(folder / "serial")
    return ""


def name_of(place: str, root: Path = Path("/")) -> str:
    """What the driver calls it, such as a camera's name; "" where it calls it nothing."""
    return next((name for folder in _sysfs(place, root) if (name := _text(folder / "name"))), "")


def by_id_of(place: str, root: Path = Path("/")) -> str:
    """The link that stays the same at another port; "" where there is none."""
    device = _inside(place, root).resolve()
    for folder in BY_ID:
        for link in sorted((root / folder).glob("*")):
            if link.resolve() == device:
                return link.name
    return ""


def _sysfs(place: str, root: Path) -> Iterator[Path]:
    """The folders of a device, from the node itself up to the bus it hangs on."""
    name = _inside(place, root).resolve().name
    for kind in CLASSES:
        node = root / "sys/class" / kind / name
        if name and node.exists():
            here = node.resolve()
            yield here
            yield from here.parents


def _inside(place: str, root: Path) -> Path:
    return root / place.lstrip("/")


def _text(file: Path) -> str:
    """An attribute, fit to be shown; "" where there is none."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
    return text[:VALUE_CHARS_MAX] if text.isprintable() else ""

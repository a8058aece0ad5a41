"""Which device is behind an address: what a test report must say to be of use next year.

One rule: what the system does not tell is left out.  Nothing is opened, nothing is raised.

Source   Linux: udev's links below /dev/…/by-id, and sysfs (Documentation/ABI/stable/sysfs-bus-usb,
         testing/sysfs-class-video4linux)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from drivers.address import without_secrets

VALUE_CHARS_MAX = 200
BY_ID = ("dev/serial/by-id", "dev/v4l/by-id", "dev/input/by-id")
CLASSES = ("tty", "video4linux", "hidraw", "input")
USB = {
    "idVendor": "usb_vendor",
    "idProduct": "usb_product",
    "manufacturer": "manufacturer",
    "product": "product",
    "serial": "serial_number",
    "bcdDevice": "release",
}
"""sysfs attribute of a USB device -> what it is called here."""


def identity(url: str, root: Path = Path("/")) -> dict[str, str]:
    """What is known of the device, such as {"by_id": …, "usb_vendor": "1eab", "name": …}.

    url      as for `drivers.open_scanner`
    Returns  always with "url", without secrets; nothing else where it is no local device
    """
    known = {"url": without_secrets(url)}
    parts = urlsplit(url)
    if parts.netloc or not parts.path.startswith("/"):
        return known
    device = root / unquote(parts.path).lstrip("/")
    if by_id := _by_id(device, root):
        known["by_id"] = by_id
    for folder in _sysfs(device.resolve().name, root):
        if name := _text(folder / "name"):
            known.setdefault("name", name)
        if not (folder / "idVendor").exists():
            continue
        told = {ours: _text(folder / theirs) for theirs, ours in USB.items()}
        return known | {name: value for name, value in told.items() if value}
    return known


def _by_id(device: Path, root: Path) -> str:
    """The link's name, which stays the same at another port; "" for none."""
    real = device.resolve()
    for folder in BY_ID:
        links = sorted((root / folder).glob("*"))
        for link in links:
            if link.resolve() == real:
                return link.name
    return ""


def _sysfs(name: str, root: Path) -> Iterator[Path]:
    """The folders of a device, from the node itself up to the bus it hangs on."""
    for kind in CLASSES:
        node = root / "sys/class" / kind / name
        if node.exists():
            here = node.resolve()
            yield here
            yield from here.parents


def _text(file: Path) -> str:
    """A sysfs attribute, fit to be shown; "" where there is none."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
    return text[:VALUE_CHARS_MAX] if text.isprintable() else ""

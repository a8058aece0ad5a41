"""Which device a test ran with: what a report must say to be of use next year."""

from __future__ import annotations

from pathlib import Path

from drivers.address import device_file, without_secrets
from drivers.usb import by_id_of, model_of, name_of, serial_number_of


def identity(url: str, root: Path = Path("/")) -> dict[str, str]:
    """What is known of the device, such as {"by_id": …, "idVendor": "1eab", "name": …}.

    url      as for `drivers.open_scanner`
    Returns  always with "url", without secrets; nothing else where it is no local device
    """
    known = {"url": without_secrets(url)}
    place = device_file(url)
    if not place:
        return known
    known |= model_of(place, root)
    own = {"by_id": by_id_of, "name": name_of, "serial": serial_number_of}
    return known | {name: told for name, ask in own.items() if (told := ask(place, root))}

"""The app's own switch, worked past its pages."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from sandbox import setup_organization as setup
from sandbox.clouds import world
from shared.config import BadSetting, read_settings
from shared.core.ids import OrgId
from shared.wiring import Wiring

_ORG = OrgId(world.ORGANIZATION)


class AppSwitch:
    """`environment` is the app's; without one there is no app to switch."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._lock = threading.Lock()
        self._wiring: Wiring | None = None

    def state(self) -> str:
        """on, off, or unknown."""
        wiring = self._connected()
        if wiring is None:
            return "unknown"
        try:
            on = wiring.services(_ORG).organizations.settings().on
        except Exception:  # storage may be gone while the page is still open
            return "unknown"
        return "on" if on else "off"

    def turn(self, *, on: bool) -> str:
        """What was done. Raises setup_organization.NotDone."""
        wiring = self._connected()
        if wiring is None:
            raise setup.NotDone("There is no app beside these clouds.")
        return setup.turn(wiring, _ORG, on=on)

    def _connected(self) -> Wiring | None:
        with self._lock:
            if self._wiring is None:
                try:
                    wiring = Wiring(read_settings(self._environment))
                except BadSetting:
                    return None
                if not wiring.settings.storage or not wiring.settings.serves(_ORG):
                    return None
                self._wiring = wiring
            return self._wiring

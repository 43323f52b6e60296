"""Both clouds with their world, what they do by themselves, and the file they are kept in."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

from sandbox.clock import Clock, RealClock
from sandbox.clouds import world
from sandbox.microsoft import MicrosoftClouds, Tenant
from sandbox.microsoft.drives import root_id
from sandbox.webex import WebexCloud

SAVE_SECONDS = 3.0
_POST_SECONDS = 10.0


class Clouds:
    """Webex and Microsoft. With `file`, the world is read from there and written there."""

    def __init__(self, file: Path | None = None, clock: Clock | None = None, seed: int = 1) -> None:
        clock = clock or RealClock()
        self.webex = WebexCloud(clock, seed)
        self.microsoft = MicrosoftClouds(clock, seed)
        self.webex.look_up_items(self._item_name)
        self._file = file
        self._saved: object = None
        if file and file.exists():
            self._restore(json.loads(file.read_bytes()))
        else:
            world.build(self.webex, self.microsoft)

    @property
    def tenant(self) -> Tenant:
        return self.microsoft.tenants[world.TENANT]

    def save(self) -> None:
        """Write the world down if it changed since the last time. The file is whole or the old."""
        state = self._state()
        if not self._file or state == self._saved:
            return
        parts = {"webex": self.webex.snapshot(), "microsoft": self.microsoft.snapshot()}
        text = b",".join(json.dumps(name).encode() + b":" + part for name, part in parts.items())
        new = self._file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_bytes(b"{" + text + b"}")
        new.replace(self._file)
        self._saved = state

    def _state(self) -> object:
        """Moves with everything that is worth keeping; reads move nothing."""
        clouds = (self.webex, self.microsoft.graph, self.microsoft.login)
        calls = sum(call.method != "GET" for cloud in clouds for call in list(cloud.log))
        there = self.webex.world
        webex = (there.sequence, len(there.events), len(there.tokens), len(self.webex.outbox))
        teams = [(team.name, team.uuid) for team in list(there.teams.values())]
        # What somebody did on the console reached no cloud as a call.
        disabled = [user.object_id for user in list(self.tenant.users.values()) if not user.enabled]
        microsoft = (self.tenant.journal.end, disabled)
        switches = repr(self.webex.switches), repr(self.microsoft.switches)
        return calls, webex, microsoft, teams, switches

    def _restore(self, kept: dict[str, Any]) -> None:
        self.webex.restore(json.dumps(kept["webex"]).encode())
        self.microsoft.restore(json.dumps(kept["microsoft"]).encode())
        # A file from before there were any.
        world.add_accounts(self.microsoft)

    def _item_name(self, drive_id: str, item_id: str) -> str | None:
        """What Webex asks Microsoft about a folder that it links."""
        group = self.tenant.group_by_drive(drive_id)
        if group is None:
            return None
        item = group.library.items.get(item_id)
        return item.name if item else "Documents" if item_id == root_id(group) else None


class Postman(threading.Thread):
    """Delivers what is due, and saves the world now and then, until it is stopped."""

    def __init__(self, clouds: Clouds) -> None:
        super().__init__(name="postman", daemon=True)
        self._clouds = clouds
        self._stopped = threading.Event()

    def run(self) -> None:
        import requests

        session = requests.Session()
        session.trust_env = False

        def post(url: str, headers: dict[str, str], body: bytes) -> int:
            return session.post(url, data=body, headers=headers, timeout=_POST_SECONDS).status_code

        saved = time.monotonic()
        while not self._stopped.wait(0.1):
            self._clouds.webex.deliver(post)
            if time.monotonic() - saved >= SAVE_SECONDS:
                self._save()
                saved = time.monotonic()

    def _save(self) -> None:
        try:
            self._clouds.save()
        except OSError as error:
            print(f"The world could not be saved: {error}", flush=True)

    def stop(self) -> None:
        """A delivery on its way is waited for; the world is saved."""
        self._stopped.set()
        if self.is_alive():
            self.join(_POST_SECONDS + 1)
        self._save()

"""People who join a team one by one, as they do in Webex, while the page goes on."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from sandbox.webex import Person, Refused, Team, WebexCloud


class Arrivals:
    """One thread a team that is being filled."""

    def __init__(self, webex: WebexCloud) -> None:
        self._webex = webex
        self._stopped = threading.Event()

    def send(self, team: Team, people: Sequence[Person], *, pause: float) -> threading.Thread:
        """Let them join, `pause` seconds after one another. Who cannot join is passed over."""
        thread = threading.Thread(target=self._join, args=(team, people, pause), daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Whoever has not joined yet does not join any more."""
        self._stopped.set()

    def _join(self, team: Team, people: Sequence[Person], pause: float) -> None:
        for person in people:
            if self._stopped.wait(pause) or team.uuid not in self._webex.world.teams:
                return
            try:
                self._webex.add_member(team, person)
            except Refused as refused:
                print(f"{person.name} cannot join {team.name}: {refused}", flush=True)

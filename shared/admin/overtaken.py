"""Which kept results are to be asked again: never asked, too old, or overtaken by what was done."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from shared.admin import credentials
from shared.admin.inspection import asked_tenant, marks
from shared.admin.ports import Actor, Office
from shared.core import times
from shared.core.checks import Result
from shared.core.findings import WAITS, stops
from shared.core.prereqs import CHECKS

FRESH = 15 * times.MINUTE
# What a provider did not tell, or what somebody may have mended, is worth asking again soon.
_SOON = times.MINUTE
_SILENT = ("silent", "refused", "late", "not_yet")
_CAPABILITIES = {"webex_officer": "spaces", "webex_people": "people"}


class Calendar:
    """fresh: how old a result may be, in milliseconds; None for any age."""

    def __init__(self, office: Office, actor: Actor | None, fresh: int | None) -> None:
        self._office = office
        self._actor = actor
        self._fresh = fresh
        self._settings = office.services.organizations.settings()

    def due(self, kept: Mapping[str, Result], ids: Iterable[str]) -> list[str]:
        """ids: in the order of the page, in which every check comes after those it needs."""
        due: list[str] = []
        for check_id in ids:
            result = kept.get(check_id)
            if result is None or self._is_due(result) or _follows(kept, result, due):
                due.append(check_id)
        return due

    def _is_due(self, result: Result) -> bool:
        age = self._office.now() - result.at
        if result.code in _SILENT:
            return age >= _SOON
        if stops(result) and result.code != WAITS and age >= _SOON:
            return True
        return (self._fresh is not None and age >= self._fresh) or self._is_overtaken(result)

    def _is_overtaken(self, result: Result) -> bool:
        if result.code == WAITS:
            return False
        if result.id in _CAPABILITIES:
            return self._another_sign_in(_CAPABILITIES[result.id], result)
        if self._is_about_another(result):
            return True
        if result.id == "webex_admin" and self._actor:
            return result.facts.get("who") != self._actor.called
        return False

    def _another_sign_in(self, capability: str, result: Result) -> bool:
        credential = self._office.credentials.read(capability)
        if credential is None:
            waiting = credentials.pending(self._office, capability)
            return result.code != ("pending" if waiting else "no_sign_in")
        if credential.failed and result.code != "ended":
            return True
        return result.facts.get("since_at") != credential.since

    def _is_about_another(self, result: Result) -> bool:
        asked = asked_tenant(self._office, self._settings)
        now = marks(result.id, self._settings, asked)
        return any(result.facts.get(name) != fact for name, fact in now.items())


def waits_for(known: Mapping[str, Result], check_id: str) -> str:
    """The check that this one waits for, or ""."""
    for before in CHECKS[check_id].after:
        if before not in known or stops(known[before]):
            return before
    return ""


def _follows(kept: Mapping[str, Result], result: Result, due: Collection[str]) -> bool:
    """Whether what it waits for, or takes along, is asked again or has come."""
    check = CHECKS[result.id]
    if any(i in due for i in (*check.after, *check.uses)):
        return True
    return result.code == WAITS and not waits_for(kept, result.id)

"""Alerts as people read them: on the pages, and in a message of the bot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from functions.prereq_check import telling
from shared.admin.ports import Office
from shared.core.alerts import Alert
from shared.core.findings import found
from shared.core.model import OrgSettings
from shared.core.prereqs import CHECKS
from shared.core.reasons import reason
from shared.core.wording import Reason
from shared.web import languages

PLACES = {
    "check": "/prerequisites",
    "token": "/credentials",
    "sign_in": "/credentials",
    "webhook": "/settings",
    "rate": "/prerequisites/directory",
}


@dataclass(frozen=True)
class Told:
    """title: of the check that it is about, "" for none. place: where more is said."""

    alert: Alert
    reason: Reason
    title: str
    place: str


def tell(alerts: Iterable[Alert]) -> list[Told]:
    return [_told(alert) for alert in alerts]


def _told(alert: Alert) -> Told:
    check = CHECKS.get(alert.check)
    place = PLACES.get(alert.subject.partition(":")[0], "/prerequisites")
    return Told(alert, reason(alert.code), check.title if check else "", place)


def compose(office: Office, alert: Alert, settings: OrgSettings) -> str:
    """A message in the organization's language, as markdown. No names of people but of sign-ins."""
    language = settings.language if settings.language in languages.LANGUAGES else languages.DEFAULT
    one = languages.texts(language).one
    told = _told(alert)
    lines = [one(told.reason.sentence), one(told.reason.remedy)]
    if told.title:
        lines.insert(0, f"**{one(told.title)}**")
        kept = office.checks.kept().get(alert.check)
        if kept:
            facts = languages.filled(language, telling.facts(kept.facts, language))
            lines.insert(1, " ".join(one(f.sentence) % facts for f in found(kept.id, kept.code)))
    lines.append(f"{office.settings.public_url}{told.place}")
    return "\n\n".join(lines)

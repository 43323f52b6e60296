"""What an administrator is told of by itself: what went wrong, once, until it is right again.

Pure: from what was known and what is found now to what is open, and who is still to be told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from shared.core import times
from shared.core.audit import Outcome, Run
from shared.core.checks import Result, State
from shared.core.findings import WAITS

# Before a sign-in's end, so that there is time to renew it.
TOKEN_SOON = 14 * times.DAY
# What a provider did not tell is no news of the check.
_UNSAID = ("never", WAITS, "silent", "refused", "late", "not_yet")


@dataclass(frozen=True)
class Alert:
    """subject: what it is about: `check:<id>`, `token:<capability>`, `sign_in:<capability>`,
    `webhook`, `webhook:bot` or `rate`. code: of `core.reasons`. since: milliseconds. facts: as in
    `core.findings`. to: people who are still to be told in Webex."""

    subject: str
    code: str
    since: int
    facts: Mapping[str, str | int] = field(default_factory=dict)
    to: tuple[str, ...] = ()

    @property
    def check(self) -> str:
        """The id of the check that it is about, "" for none."""
        kind, _, name = self.subject.partition(":")
        return name if kind == "check" else ""


@dataclass(frozen=True)
class Wrong:
    """Something that is not as it should be now."""

    subject: str
    code: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


def compare(
    before: Iterable[Alert],
    wrong: Iterable[Wrong],
    unknown: Collection[str],
    watchers: Iterable[str],
    now: int,
) -> list[Alert]:
    """What is open now: what was open and still is, as it was; what is new, for everybody to be
    told of. unknown: subjects of which nothing can be said now: they stay as they were."""
    known = {alert.subject: alert for alert in before}
    opened = {w.subject: Alert(w.subject, w.code, now, w.facts, tuple(watchers)) for w in wrong}
    stays = {s: alert for s, alert in known.items() if s in opened or s in unknown}
    return [*stays.values(), *(alert for s, alert in opened.items() if s not in stays)]


def told(alerts: Iterable[Alert], subject: str, person: str) -> list[Alert]:
    """Somebody has been told, or cannot be."""
    return [
        replace(a, to=tuple(p for p in a.to if p != person)) if a.subject == subject else a
        for a in alerts
    ]


@dataclass(frozen=True)
class Turns:
    """wrong: checks that turned from met to not met. unknown: those of which nothing can be said.
    met: ids of those that are met, or were when something was last known of them."""

    wrong: tuple[Wrong, ...]
    unknown: frozenset[str]
    met: frozenset[str]


def turned(results: Mapping[str, Result], met: Collection[str], opened: Collection[str]) -> Turns:
    """met: what was met before. opened: subjects that are open."""
    wrong: list[Wrong] = []
    unknown: set[str] = set()
    good: set[str] = set()
    for check_id, result in results.items():
        subject = f"check:{check_id}"
        if result.code.partition("+")[0] in _UNSAID:
            unknown.add(subject)
            good |= {check_id} & set(met)
        elif result.state is State.MET:
            good.add(check_id)
        elif result.state is State.NOT_MET and (check_id in met or subject in opened):
            wrong.append(Wrong(subject, "check_unmet", {"check": check_id, "code": result.code}))
    return Turns(tuple(wrong), frozenset(unknown), frozenset(good))


def fallen(runs: Iterable[Run], percent: int) -> Wrong | None:
    """The share of people who can be added, so many percent below the best that is remembered.

    runs: the newest first.
    """
    complete = [run for run in runs if run.outcome is Outcome.COMPLETE]
    if len(complete) < 2 or not percent:
        return None
    last, best = complete[0], max(complete[1:], key=lambda run: run.rate)
    if last.tenant != best.tenant or round(100 * (best.rate - last.rate), 1) < percent:
        return None
    return Wrong(
        "rate",
        "match_rate_fell",
        {"now": round(100 * last.rate), "before": round(100 * best.rate)},
    )

"""The prerequisites of one organization: asked, kept, confirmed, told.

Results are kept, so that a page costs no calls. What waits for another check is not asked at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from shared.admin.inspection import look_up
from shared.admin.overtaken import FRESH, Calendar
from shared.admin.ports import Actor, Office
from shared.admin.rounds import SECONDS, Round, not_told
from shared.core.checks import Confirmation, Result, State
from shared.core.errors import Failure
from shared.core.findings import LATER, blocks, found, result
from shared.core.ids import TenantId
from shared.core.judging import Found
from shared.core.prereqs import CHECKS, MICROSOFT, Check, tenant_name, with_predecessors

_NEXT = "/permissions"
_TAKEN = ("found", "connected")
# Whoever asks is signed in as a full administrator: that needs no check.
_BLOCKING = [i for i, check in CHECKS.items() if check.blocking and i != "webex_admin"]


@dataclass(frozen=True)
class Row:
    """One check with what is known of it. `result.at` is 0 where it was never checked."""

    check: Check
    result: Result
    confirmation: Confirmation | None = None

    @property
    def state(self) -> State:
        return self.result.state

    @property
    def sentences(self) -> list[str]:
        """In English; to be filled with `result.facts`, see core.findings."""
        return [finding.sentence for finding in found(self.check.id, self.result.code)]

    @property
    def blocks(self) -> bool:
        """Whether the switch has to wait for it."""
        return blocks(self.result)

    @property
    def holds_up(self) -> bool:
        """Whether the next page has to wait for it: not for what is put right on that page."""
        return self.blocks and self.result.code.partition("+")[0] not in LATER and not self._next

    @property
    def confirmed_at(self) -> int:
        """When somebody confirmed what no API can tell, in milliseconds; 0 for never."""
        return self.confirmation.at if self.confirmation else 0

    @property
    def confirmed_by(self) -> str:
        return self.confirmation.by if self.confirmation else ""

    @property
    def _next(self) -> bool:
        return self.check.mend == _NEXT


def current(office: Office) -> list[Row]:
    """What is kept, in the order of the page. Asks nobody."""
    return _rows(office, office.checks.kept())


def refresh(office: Office, actor: Actor, only: Iterable[str] = CHECKS) -> list[Row]:
    """What is kept, after asking those of `only` that were never asked, are old, or were overtaken.

    only: in the order of the page.
    """
    kept = office.checks.kept()
    due = Calendar(office, actor, FRESH).due(kept, only)
    return run(office, actor, due) if due else _rows(office, kept)


def recheck(office: Office, actor: Actor, check_id: str = "") -> list[Row]:
    """Ask one, with what it depends on, or all of them. Raises KeyError for an unknown one."""
    return run(office, actor, with_predecessors([check_id]) if check_id else CHECKS)


def blocking(office: Office, actor: Actor | None = None) -> list[Row]:
    """What keeps the switch off. Asks only what was never asked or was overtaken since."""
    kept = office.checks.kept()
    due = Calendar(office, actor, None).due(kept, _BLOCKING)
    rows = run(office, actor, due) if due else _rows(office, kept)
    return [row for row in rows if row.check.id in _BLOCKING and row.blocks]


def unsettled(office: Office) -> list[Row]:
    """What keeps the switch off as far as it is known, or is not known any more. Asks nobody."""
    kept = office.checks.kept()
    due = Calendar(office, None, None).due(kept, _BLOCKING)
    rows = [row for row in _rows(office, kept) if row.check.id in _BLOCKING]
    return [row for row in rows if row.blocks or row.check.id in due]


def met(office: Office) -> frozenset[str]:
    """The checks that were met when they were last made, and that nothing has overtaken since.
    Asks nobody."""
    kept = office.checks.kept()
    due = Calendar(office, None, None).due(kept, CHECKS)
    return frozenset(i for i, each in kept.items() if each.state is State.MET and i not in due)


def run(
    office: Office, actor: Actor | None, only: Collection[str], *, seconds: float = SECONDS
) -> list[Row]:
    """Ask these checks, for `seconds` in all, and keep what was found."""
    kept = office.checks.kept()
    answers = Round(office, actor, dict(kept), seconds).go(only)
    office.checks.keep(answers)
    return _rows(office, {**kept, **{answer.id: answer for answer in answers}})


def confirm(office: Office, actor: Actor, check_id: str, *, confirmed: bool) -> None:
    """What no API can tell, told by an administrator by name; or taken back. May be called twice.

    Nothing happens where the check can be made after all. Raises KeyError for an unknown check.
    """
    check = CHECKS[check_id]
    row = next(row for row in current(office) if row.check is check)
    if row.state is not State.MANUAL or bool(row.confirmed_at) == confirmed:
        return
    if confirmed:
        now = Confirmation(actor.called, office.now(), row.result.asked)
        office.checks.confirm(check.id, now)
        office.record(actor, "prerequisite_confirmed", after=check.id)
    else:
        office.checks.withdraw(check.id)
        office.record(actor, "prerequisite_withdrawn", before=check.id)


def choose_tenant(office: Office, actor: Actor, given: str) -> Found:
    """Take the tenant of that name for this organization, if it may be.

    The answer is a code of the check m365_tenant. Nothing is bound by it: that takes a consent.
    """
    name = tenant_name(given)
    if name is None:
        return Found("malformed")
    try:
        answer = look_up(office, name, name)
    except Failure as failure:
        return not_told(office, "m365_tenant", failure)
    if answer.code not in _TAKEN:
        return answer
    tenant = TenantId(str(answer.facts["id"]))
    if office.services.organizations.settings().tenant not in (None, tenant):
        return Found("bound")
    _choose(office, actor, tenant, "" if name == tenant else name)
    about = [check.id for check in CHECKS.values() if check.group == MICROSOFT]
    run(office, actor, [*about, "ecm_tenant_name"])
    return answer


def _choose(office: Office, actor: Actor, tenant: TenantId, name: str) -> None:
    before = office.services.organizations.settings()
    if before.tenant or (before.chosen == tenant and name in ("", before.tenant_name)):
        return
    office.services.organizations.save_settings(
        lambda s: s if s.tenant else replace(s, chosen=tenant, tenant_name=name)
    )
    office.record(actor, "tenant_chosen", before.chosen or "", name or tenant)


def _rows(office: Office, kept: Mapping[str, Result]) -> list[Row]:
    confirmed = office.checks.confirmed()
    return [
        _row(check, kept.get(i) or result(i, "never", 0), confirmed.get(i))
        for i, check in CHECKS.items()
    ]


def _row(check: Check, result: Result, confirmation: Confirmation | None) -> Row:
    counts = confirmation is not None and confirmation.confirms(result)
    return Row(check, result, confirmation if counts else None)

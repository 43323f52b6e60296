"""The mark: what a group's description says of this app, since when, and where to ask.

It is one sentence in square brackets that begins with the app's name, wherever it stands in the
description; all else there is people's, and left alone. Pure functions. The mark stands in
Microsoft 365 and on no page of ours, so both of its languages stand here.
Source: https://learn.microsoft.com/graph/api/group-update (description, up to 1024 characters).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shared.core import times

DESCRIPTION_MAX = 1024
_APP = "Webex Teams to Microsoft 365 Groups"
_MARK = re.compile(rf"\[{_APP}: [^\[\]]*\]")
# As the version before wrote it when it made a group.
_EARLIER = re.compile(
    rf'Created for the Webex team ".*?"\. Members follow the team; managed by {_APP}\.', re.DOTALL
)
_SAYS = {
    "en": {
        "goes": "this group belongs to a Webex team, and its people are kept in step with the team"
        " since {day}.",
        "archived": "the Webex team of this group is archived.",
        "gone": "the Webex team of this group is gone, and nobody is added or removed any more.",
        "ask": "Questions: {address}",
        "nowhere": "Questions: your Webex administrators",
    },
    "sv": {
        "goes": "gruppen hör till ett team i Webex, och personerna i den följer teamet sedan"
        " {day}.",
        "archived": "gruppens team i Webex är arkiverat.",
        "gone": "gruppens team i Webex finns inte längre, och ingen läggs till eller tas bort.",
        "ask": "Frågor: {address}",
        "nowhere": "Frågor: era Webex-administratörer",
    },
}


@dataclass(frozen=True)
class Mark:
    """What is known of a group's mark. Times in milliseconds.

    text: as it is there, as far as is known, "" for not. at: when we last wrote it: soon after that
    a read may show what was before. since: since when the app looks after the group. gone: a person
    has taken it out.
    """

    text: str = ""
    at: int = 0
    since: int = 0
    gone: bool = False


@dataclass(frozen=True)
class Verdict:
    """mark: what is to be remembered. description: what is to be written, None for nothing; mark is
    then remembered once that is answered. later: when a read will tell, where none can yet."""

    mark: Mark
    description: str | None = None
    later: int | None = None


def text(since: int, address: str, language: str, stands: str = "goes") -> str:
    """The mark. address: of the team's page, "" where it is not known. stands: how the team does:
    "goes" on, "archived", "gone"."""
    says = _SAYS.get(language, _SAYS["en"])
    day = datetime.fromtimestamp(since / 1000, UTC).date().isoformat()
    where = says["ask" if address else "nowhere"].format(address=address)
    return f"[{_APP}: {says[stands].format(day=day)} {where}]"


def judge(known: Mark, description: str, wanted: str, now: int) -> Verdict:
    """What to do about a description that was just read. wanted: the mark, "" for none.

    Who takes the mark out of a description that is to have one has it stay out.
    """
    found = _found(description)
    if known.at and now - known.at < times.REPLICAS_APART:
        # The read may be from before our write, also where it shows what is wanted by now.
        later = known.at + times.REPLICAS_APART
        return Verdict(known, later=None if known.text == wanted else later)
    if found == wanted:
        return Verdict(replace(known, text=found, gone=False))
    if not found and (known.text or known.gone):
        return Verdict(replace(known, text="", gone=True))
    after = placed(description, wanted)
    if len(after) > DESCRIPTION_MAX:
        # People's own words are not cut for it.
        return Verdict(replace(known, text=found))
    return Verdict(replace(known, text=wanted, at=now, gone=False), after)


def of_earlier(description: str, since: int) -> Mark:
    """Of a group that the version before made, which always wrote a mark of its own: where there is
    none, a person has taken it out."""
    return Mark(since=since, gone=not _found(description))


def placed(description: str, wanted: str) -> str:
    """The description with this mark, in the place of the one that is there, else at the end."""
    found = _found(description)
    if not found:
        return " ".join(part for part in (description.rstrip(), wanted) if part)
    before, _, after = description.partition(found)
    if wanted:
        return f"{before}{wanted}{after}"
    return " ".join(part for part in (before.rstrip(), after.lstrip()) if part)


def _found(description: str) -> str:
    found = _MARK.search(description) or _EARLIER.search(description)
    return found.group() if found else ""

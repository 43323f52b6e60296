"""The mark in a group's description, and people who write there as well.

At each effect: we write one mark and nobody's words; what a person has taken out stays out. At
rest: the mark stands where it is wanted, and says how the team does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from sandbox.microsoft.state import Group
from sandbox.microsoft.timeline import Change
from shared.admin import again, choices
from shared.core.model import Marks as Marking
from shared.core.model import Team as TeamRow
from shared.core.reasons import Refusal
from shared.ports import Services
from simulation.administrator import ADMIN
from simulation.universe import Universe

if TYPE_CHECKING:
    from shared.admin.ports import Office
    from simulation.story import Saga, Story
    from simulation.universe import Firm

SHARE = 0.15
_MARK = re.compile(r"\[Webex Teams to Microsoft 365 Groups: [^\[\]]*\]")
# What the mark says of a team, by how that does.
_SAYS = {
    "goes": ("kept in step", "följer teamet"),
    "archived": ("is archived", "är arkiverat"),
    "gone": ("is gone", "finns inte längre"),
}
# Seconds after one of our writes in which nothing is written.
QUIET = 660.0


def words(description: str) -> str:
    """What people have written, without the mark."""
    return " ".join(_MARK.sub(" ", description).split())


@dataclass(eq=False)
class Marks:
    """drawn apart from everything else. said: what a group's description was, and since when.
    taken_out: when a person has taken the mark out. chosen: when the settings about it were last
    changed, by organization; none: when it was last to stand nowhere. under_way: how many choose;
    over: when somebody last did."""

    universe: Universe
    said: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    taken_out: dict[str, float] = field(default_factory=dict)
    chosen: dict[str, float] = field(default_factory=dict)
    none: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.draw = Random(f"marks {self.universe.seed}")
        self.drawn = self.draw.random() < SHARE
        self.under_way, self.over = 0, 0.0
        self.universe.watcher.on_group.append(self._group_changed)

    # What happens

    def begin(self, story: Story, length: float) -> None:
        """Somebody writes in a description, and later somebody chooses what the mark says."""
        if not self.drawn:
            return
        deeds = [self.draw.choice((self._write, self._write, self._choose)) for _ in range(3)]
        for number, deed in enumerate([*deeds[: self.draw.randint(0, 3)], self._write]):
            self._spawn(story, deed, number, self.draw.uniform(0, length))
        self._spawn(story, self._choose, 0, self.draw.uniform(length / 2, length))

    def _spawn(self, story: Story, deed: Callable[[Story, int], None], n: int, at: float) -> None:
        story.universe.scheduler.spawn(partial(deed, story, n), "people", after=at)

    def _write(self, story: Story, number: int) -> None:
        """Words before what is there, behind it or around it, or instead of it."""
        there = [g for s in story.there if (g := story.group_of(s)) is not None]
        if not there:
            return
        group = self.draw.choice(there)
        mine, before = f"Words {number}", group.description or ""
        after = self.draw.choice(
            (f"{mine} {before}", f"{before} {mine}", f"{mine} {before} too", mine)
        )
        [firm] = [f for f in self.universe.firms if group.id in f.tenant.groups]
        self.universe.chaos.counts["description written"] += 1
        self.universe.scheduler.note(f"{group.mail_nickname[-8:]}: described as {after!r}")
        firm.tenant.change_group(group, description=after)

    def _choose(self, story: Story, _: int) -> None:
        """In the settings; then Retry for every team, so that it is done within the hour."""
        universe = self.universe
        firm = self.draw.choice(universe.firms)
        now = universe.truth(firm).organizations.settings()
        name, after = self.draw.choice(
            (
                ("mark", Marking.MADE if now.mark == Marking.NONE else Marking.NONE),
                ("language", "en" if now.language == "sv" else "sv"),
            )
        )
        typed, shown = {name: str(after)}, {name: str(getattr(now, name))}
        self.under_way += 1
        # Whichever is read meanwhile.
        self.chosen[firm.id] = universe.scheduler.at
        if Marking.NONE in (now.mark, after):
            self.none[firm.id] = float("inf")
        insist = story.administrator.insist

        def office() -> Office:
            return universe.become(universe.process_of_ours).office(firm.id)

        def save(_: Services) -> None:
            # A colleague has chosen meanwhile, perhaps between an answer that was lost and this.
            with suppress(choices.NotTaken):
                choices.save(office(), ADMIN, typed, shown)

        insist(firm, save)
        self.chosen[firm.id] = universe.scheduler.at
        universe.chaos.counts["mark chosen"] += 1
        universe.scheduler.note(f"{name}: {after}")
        # Soon after a write of ours nothing is written: they press Retry once more then.
        for _ in range(2):
            for saga in [saga for saga in story.sagas if saga.firm is firm]:
                insist(firm, partial(_retry, office, saga.team.uuid))
            self.over = universe.scheduler.at
            universe.scheduler.sleep(QUIET)
        self.under_way -= 1

    # At each effect

    def _group_changed(self, firm: Firm, change: Change) -> None:
        group = firm.tenant.groups[change.group]
        if change.what == "created":
            self.said[group.id] = [(self.universe.scheduler.at, group.description or "")]
        elif change.what == "description":
            self._changed(firm, group)

    def _changed(self, firm: Firm, group: Group) -> None:
        universe, after = self.universe, group.description or ""
        said, now = self.said.setdefault(group.id, []), universe.scheduler.at
        before = said[-1][1] if said else ""
        if universe.watcher.is_ours:
            universe.watcher.ours["marked"] += 1
            self._judge(firm, group, before, after)
        elif _MARK.search(after):
            self.taken_out.pop(group.id, None)
        elif _MARK.search(before):
            self.taken_out[group.id] = now
        said.append((now, after))

    def _judge(self, firm: Firm, group: Group, before: str, after: str) -> None:
        watcher = self.universe.watcher
        since = watcher.began() - watcher.lag
        said = self.said[group.id]
        ends = [at for at, _ in said[1:]] + [float("inf")]
        seen = [text for (_, text), until in zip(said, ends, strict=True) if until > since]
        if words(after) not in {words(text) for text in seen}:
            self._broken(f"people's words became {after!r}, they were {before!r}")
        if len(_MARK.findall(after)) > 1:
            self._broken(f"two marks: {after!r}")
        out = self.taken_out.get(group.id)
        if out is None or not _MARK.search(after):
            return
        if out < since and firm.id not in self.none:
            self._broken(f"a person had taken it out, and it is back: {after!r}")
        del self.taken_out[group.id]

    def _broken(self, what: str) -> None:
        self.universe.watcher.broken("marks", what)

    # At rest

    def wrong_with(self, story: Story, saga: Saga, group: Group, row: TeamRow) -> Iterator[str]:
        firm, ends, text = saga.firm, story.ends, group.description or ""
        marks = _MARK.findall(text)
        if group.id in story.connecting.theirs:
            # In no seed are those marked that the app has not made, but for what has ended.
            told = self.universe.truth(firm).organizations.settings().mark_ends
            if marks and not (told and (row.archived or ends.is_gone(saga))):
                yield f"it was there before, and is marked: {text!r}"
            return
        if len(marks) > 1:
            yield f"its description is {text!r}"
        if group.id in self.taken_out:
            if marks:
                yield f"a person had taken it out: {text!r}"
            return
        if firm.id not in self.chosen and not marks:
            yield f"there is no mark: {text!r}"
        if not self._is_judged(firm, group, row, gone=ends.is_gone(saga)):
            return
        settings = self.universe.truth(firm).organizations.settings()
        stands = "gone" if ends.is_gone(saga) else "archived" if row.archived else "goes"
        stands = stands if settings.mark_ends else "goes"
        wanted = settings.mark != Marking.NONE or stands != "goes"
        says = _SAYS[stands][settings.language == "sv"]
        if [says in mark for mark in marks] != [True] * wanted:
            yield f"its mark should be {says if wanted else 'nothing'!r}, and is {marks}"

    def _is_judged(self, firm: Firm, group: Group, row: TeamRow, *, gone: bool) -> bool:
        """Whether the app has looked at the description since anything about it changed."""
        if gone:
            # It is told when the team is called gone, and was marked long before.
            return firm.id not in self.chosen
        last = max(self.chosen.get(firm.id, 0.0), self.said[group.id][-1][0])
        return row.full_at / 1000 > last + QUIET


def _retry(office: Callable[[], Office], team: str, _: object) -> None:
    with suppress(Refusal):
        again.retry(office(), ADMIN, team)

"""A provider that does not answer about somebody.

One person's trouble is not everybody's: the next one is tried. After three in a row it is the
provider's, and the rest waits for another look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared.core import times
from shared.core.errors import AnswerUnknown, Throttled, Unavailable
from shared.core.ids import PersonId
from shared.core.ledger import Pair
from shared.sync.additions import Outcome
from shared.sync.pacing import Later, hear
from shared.sync.record import Book

# So many people in a row without an answer: it is the provider that is down.
_DOWN_AFTER = 3
# What ends the writing to a side, but not the look.
Passing = Later | Throttled | Unavailable | AnswerUnknown
PASSING = (Later, Throttled, Unavailable, AnswerUnknown)


@dataclass
class Streak:
    """People in a row about whom a provider did not answer."""

    state: Book
    outcome: Outcome
    length: int = 0

    def ends(self) -> None:
        """There is an answer."""
        self.length = 0

    def grows(self, failure: Unavailable | AnswerUnknown, person: PersonId) -> bool:
        """Whether it is the provider that is down."""
        log = self.state.services.log
        log.failed("nothing is heard of a person", failure, team=self.state.team.uuid, who=person)
        self.length += 1
        return self.length >= _DOWN_AFTER

    def those(
        self, pairs: Iterable[Pair], ask: Callable[[Pair], bool]
    ) -> tuple[list[Pair], Passing | None]:
        """For whom the answer is yes; and why not everybody could be asked about."""
        found: list[Pair] = []
        for pair in pairs:
            try:
                if ask(pair):
                    found.append(pair)
            except (Later, Throttled) as failure:
                return found, failure
            except (Unavailable, AnswerUnknown) as failure:
                self.outcome.postpone(self.state.services.now() + times.DIRECTORY_RETRY)
                if self.grows(failure, pair.person):
                    return found, failure
            else:
                self.ends()
        return found, None


def put_off(state: Book, outcome: Outcome, failure: Passing) -> None:
    """The rest is for another look; what is known by now is kept."""
    if isinstance(failure, Later):
        outcome.postpone(failure.at)
        return
    hear(state.services, failure)
    state.services.log.failed("the rest is put off", failure, team=state.team.uuid)
    asked = failure.retry_after
    pause = times.DIRECTORY_RETRY if asked is None else round(asked * times.SECOND)
    outcome.postpone(state.services.now() + pause)

"""A team as the activity page shows it: its state in words, and why, as texts of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.admin.activity import Entry, Standing
from shared.core.reasons import reason
from shared.core.wording import Reason


@dataclass(frozen=True)
class Words:
    """A standing in a word and a sentence. looks: the state of a check that it looks like;
    neutral needs nobody's eye."""

    word: str
    sentence: str
    looks: str = "neutral"


STANDINGS: Mapping[Standing, Words] = {
    Standing.NEEDS_PERSON: Words(
        "Needs a person",
        "It needs something from you. It is tried again once a day, or by Retry.",
        "not_met",
    ),
    Standing.GIVEN_UP: Words(
        "Given up",
        "The app failed on it five times in a row. It is tried again a day later, or by Replay.",
        "not_met",
    ),
    Standing.SETTLING: Words("Settling", "The team is new, and people may still be arriving."),
    Standing.WAITING: Words(
        "In progress", "Something is still to be done; it is looked at again by itself."
    ),
    Standing.FOLDER: Words(
        "Waiting for the folder", "The group is complete; its folder is not linked yet."
    ),
    Standing.THROTTLED: Words(
        "Throttled", "The providers' quota is used up; it goes on by itself.", "attention"
    ),
    Standing.COMPLETE: Words("Complete", "Nothing is left to be done.", "met"),
    Standing.FROM_BEFORE: Words(
        "From before", "It was there before the switch went on, and is left alone."
    ),
    Standing.UNREADABLE: Words(
        "Cannot be read",
        "Another version of this app wrote its row, or the row is damaged.",
        "attention",
    ),
}


@dataclass(frozen=True)
class Told:
    """missing: how many people, and why."""

    entry: Entry
    words: Words
    reasons: list[Reason]
    missing: list[tuple[int, Reason]]


def told(entry: Entry) -> Told:
    return Told(
        entry,
        STANDINGS[entry.standing],
        [reason(code) for code in entry.reasons],
        [(count, reason(code)) for code, count in entry.missing.items()],
    )

"""The merge over random histories; many more: `python -m tests.core.histories --count 100000`."""

from __future__ import annotations

from tests.core.histories import play_all, trace
from tests.core.small_words import too_rare

COUNT = 1_500


def test_whatever_happens_nobody_is_wronged_and_both_sides_agree_at_the_end() -> None:
    played = play_all(range(COUNT))

    for seed, claim in played.wrong.items():
        raise AssertionError("\n".join([*trace(seed), f"seed {seed}: {claim}"]))
    assert too_rare(played.counts, COUNT) == []

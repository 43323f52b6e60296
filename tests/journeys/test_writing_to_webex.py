"""Writing to Webex: by whoever can, listed once where nobody can, and done when somebody can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from sandbox.kit import Call, Fault
from sandbox.webex.state import Person
from shared.admin import credentials
from shared.core.credential import Credential
from shared.core.model import Status
from tests.journeys.stage import SPACES, Stage, meanwhile
from tests.journeys.standing import ADMIN, Standing, employ_bot, later, live, standing

Make = Callable[..., Stage]
SCOPE = "spark-compliance:memberships_write"
DAY = 86_400


def sign_in(at: Standing, *, writes: bool) -> None:
    """The compliance officer signs in anew, with the scope or without it."""
    stage = at.stage
    scopes = SPACES if writes else SPACES - {SCOPE}
    token = stage.webex.issue_token(stage.officer, scopes, client_id="integration")
    expires = round(token.expires_at * 1000)
    credential = Credential(token.access_token, token.refresh_token, expires)
    credentials.keep(at.office, ADMIN, "spaces", credential)


def tried(at: Standing, since: int = 0) -> list[tuple[str, str, int]]:
    """What was asked of Webex that would have changed a team."""
    calls: list[Call] = at.stage.webex.log[since:]
    return [
        (c.method, "team" if "/team/" in c.path else "space", c.status)
        for c in calls
        if c.method != "GET" and "memberships" in c.path
    ]


def here(at: Standing) -> int:
    return len(at.stage.webex.log)


@pytest.fixture
def at(make_stage: Make) -> Standing:
    """By events alone; the officer may write."""
    return standing(make_stage(), webhook=False)


@pytest.fixture
def unable(at: Standing) -> Standing:
    """The officer may not, and there is no bot."""
    sign_in(at, writes=False)
    later(at.stage, 3600)
    return at


def with_bot(stage: Stage, *, moderates: bool) -> tuple[Standing, Person]:
    bot = employ_bot(stage)
    at = standing(stage, webhook=False)
    stage.webex.add_member(at.team, bot, moderator=moderates)
    later(stage, 3600)
    sign_in(at, writes=False)
    later(stage, 3600)
    return at, bot


# Who can


def test_the_officer_writes_through_the_general_space(at: Standing) -> None:
    [ada] = at.newcomers()
    *stay, bob = at.people
    since = here(at)
    at.enlist(ada)
    at.dismiss(bob)

    later(at.stage, 3600)

    assert at.differences([*stay, ada]) == []
    assert tried(at, since) == [("POST", "space", 200), ("DELETE", "space", 204)]


@pytest.mark.parametrize("one_form", [False, True], ids=["any id", "webex's own id alone"])
def test_a_bot_that_moderates_writes_where_the_officer_may_not(
    make_stage: Make, one_form: bool
) -> None:
    at, bot = with_bot(make_stage(), moderates=True)
    at.stage.webex.switches.membership_ids_in_one_form = one_form
    [ada] = at.newcomers()
    *stay, bob = at.people
    since = here(at)
    at.enlist(ada)
    at.dismiss(bob)

    later(at.stage, 3600)

    assert at.differences([*stay, ada, bot]) == []
    done = [call for call in tried(at, since) if call[2] < 300]
    assert done == [("POST", "team", 200), ("DELETE", "team", 204)]
    # The officer is asked first, once a look that has something to write.
    assert [call for call in tried(at, since) if call[1] == "space"] == [
        ("POST", "space", 403),
        ("DELETE", "space", 403),
    ]


@pytest.mark.parametrize("where", ["in the team", "elsewhere"])
def test_a_bot_that_does_not_moderate_is_no_help(make_stage: Make, where: str) -> None:
    at, bot = with_bot(make_stage(), moderates=False)
    if where == "elsewhere":
        at.stage.webex.remove_member(at.team, bot)
    [ada] = at.newcomers()
    at.enlist(ada)

    later(at.stage, 3600)

    assert at.is_in(ada) == (False, True)
    assert at.row.others == {ada.external_id: "webex_not_writable"}


def test_a_bot_that_moderates_later_writes_within_a_day(make_stage: Make) -> None:
    at, bot = with_bot(make_stage(), moderates=False)
    [ada] = at.newcomers()
    at.enlist(ada)
    later(at.stage, 3600)
    assert at.is_in(ada) == (False, True)
    at.stage.webex.set_moderator(at.team, bot, True)

    later(at.stage, 26 * 3600)

    assert at.differences([*at.people, ada, bot]) == []


# Nobody can


def change_both(at: Standing) -> tuple[Person, Person]:
    """Somebody is put into the group, and somebody taken out of it."""
    [ada] = at.newcomers()
    bob = at.people[-1]
    at.enlist(ada)
    at.dismiss(bob)
    return ada, bob


def test_what_nobody_may_write_is_listed_once_and_not_tried_again_for_a_day(
    unable: Standing,
) -> None:
    at = unable
    since = here(at)
    ada, bob = change_both(at)
    later(at.stage, 3600)
    first = tried(at, since)
    for person in at.newcomers(3):
        # Other looks, for other reasons.
        at.join(person)
        later(at.stage, 1800)
    between = tried(at, since)
    later(at.stage, 3 * DAY)

    assert at.row.others == {ada.external_id: "webex_not_writable"}
    assert at.row.listed == {bob.uuid: "webex_not_writable"}
    assert at.row.status is not Status.NEEDS_PERSON
    assert first == [("POST", "space", 403), ("DELETE", "space", 403)]
    assert between == first
    # Once a day.
    assert tried(at, since)[2:] == first * 3
    assert at.is_in(ada) == (False, True)
    assert at.is_in(bob) == (True, False)


def test_after_two_refusals_in_a_look_nobody_else_is_tried(unable: Standing) -> None:
    at = unable
    people = at.newcomers(11)
    since = here(at)
    at.enlist(*people)

    later(at.stage, 3600)

    assert tried(at, since) == [("POST", "space", 403)] * 2
    assert at.row.others == {p.external_id: "webex_not_writable" for p in people}


def test_retry_tries_again_at_once(unable: Standing) -> None:
    at = unable
    change_both(at)
    later(at.stage, 3600)
    since = here(at)
    at.retry()

    live(at.stage, 60)

    assert tried(at, since) == [("POST", "space", 403), ("DELETE", "space", 403)]


def test_a_sign_in_with_the_scope_makes_it_happen(unable: Standing) -> None:
    at = unable
    ada, bob = change_both(at)
    later(at.stage, 3600)
    assert at.is_in(ada) == (False, True)
    sign_in(at, writes=True)

    later(at.stage, 600)

    assert at.differences([*(p for p in at.people if p != bob), ada]) == []


def test_who_is_mended_by_hand_is_listed_no_more(unable: Standing) -> None:
    at = unable
    ada, bob = change_both(at)
    later(at.stage, 3600)
    since = here(at)
    at.join(ada)
    at.leave(bob)

    later(at.stage, 3600)

    assert at.differences([*(p for p in at.people if p != bob), ada]) == []
    assert tried(at, since) == []


def test_who_comes_back_to_the_group_is_listed_no_more(unable: Standing) -> None:
    at = unable
    ada, bob = change_both(at)
    later(at.stage, 3600)
    since = here(at)
    at.dismiss(ada)
    at.enlist(bob)

    later(at.stage, 3600)

    assert at.differences(at.people) == []
    assert tried(at, since) == []


# What Webex says


def test_the_last_moderator_stays_and_is_listed_until_there_is_another(at: Standing) -> None:
    ada, bob = at.people[:2]
    since = here(at)
    at.dismiss(ada, bob)
    later(at.stage, 3600)
    stays = next(p for p in (ada, bob) if at.is_in(p) == (True, False))

    assert len(tried(at, since)) == 1
    assert at.row.listed == {stays.uuid: "last_moderator"}
    at.stage.webex.set_moderator(at.team, at.people[2], True)
    later(at.stage, 2 * DAY)

    assert at.differences(at.people[2:]) == []


def test_webex_refuses_the_last_moderator_that_a_read_did_not_show(at: Standing) -> None:
    ada, bob = at.people[:2]
    step_down = meanwhile(
        "^/v1/memberships/", lambda: at.stage.webex.set_moderator(at.team, ada, False)
    )
    at.stage.webex.faults.append(step_down)
    at.dismiss(bob)
    later(at.stage, 3600)

    assert at.is_in(bob) == (True, False)
    assert at.row.listed == {bob.uuid: "last_moderator"}


@pytest.mark.parametrize("own", [False, True], ids=["any id", "webex's own id alone"])
def test_who_is_there_or_gone_already_when_we_write_is_as_good_as_written(
    at: Standing, own: bool
) -> None:
    at.stage.webex.switches.membership_ids_in_one_form = own
    [ada] = at.newcomers()
    *stay, bob = at.people
    at.stage.webex.faults += [
        meanwhile("^/v1/memberships$", lambda: at.join(ada), at=2),
        meanwhile("^/v1/memberships/", lambda: at.leave(bob)),
    ]
    since = here(at)
    at.enlist(ada)
    later(at.stage, 3600)
    at.dismiss(bob)
    later(at.stage, 3600)

    assert at.differences([*stay, ada]) == []
    assert [status for _, _, status in tried(at, since)] == [409, 404]


def test_whom_webex_refuses_is_listed_and_keeps_nobody_else_out(at: Standing) -> None:
    people = at.newcomers(3)
    no = Fault("error", method="POST", path="^/v1/memberships$", status=400, at=2)
    at.stage.webex.faults.append(no)
    at.enlist(*people)
    later(at.stage, 3600)

    said = Counter(at.is_in(p) for p in people)
    assert said == {(True, True): 2, (False, True): 1}
    assert list(at.row.others.values()) == ["webex_refused"]
    later(at.stage, 2 * DAY)

    assert at.differences([*at.people, *people]) == []

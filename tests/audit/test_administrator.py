"""What an administrator does with the audit, at the use cases: the page stands on these."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from shared.admin import auditing
from shared.admin.ports import Actor, Office
from shared.core.audit import MENDABLE, Listed, Outcome, Verdict
from shared.core.ids import OrgId, PersonId
from shared.core.reasons import Refusal
from tests.audit.crowd import MINUTE, Crowd

ADMIN = Actor(PersonId("p"), "Adam Admin")


def office(crowd: Crowd) -> Office:
    return crowd.stage.wiring.office(OrgId(crowd.stage.org.uuid))


def pages(crowd: Crowd, verdict: Verdict, begins: str, limit: int) -> Iterator[list[Listed]]:
    after = ""
    while True:
        page = auditing.people(office(crowd), verdict, begins, after, limit)
        yield list(page.people)
        if not page.after:
            return
        after = page.after


def test_a_run_is_begun_followed_stopped_and_resumed(crowd: Crowd) -> None:
    crowd.run()
    crowd.stage.webex.switches.scim_count_cap = 1
    before = auditing.status(office(crowd))
    assert before.progress is None and before.next_at and not before.waits

    auditing.start(office(crowd), ADMIN)
    crowd.stage.clock.advance(1)
    desk = crowd.desk
    from shared.audit import run

    run.work(desk, desk.services.now() + 5_000)
    under_way = auditing.status(office(crowd))
    auditing.stop(office(crowd), ADMIN)
    crowd.tick()
    stopped = auditing.status(office(crowd))
    crowd.stage.clock.advance(3 * MINUTE)
    crowd.tick()
    assert auditing.status(office(crowd)) == stopped
    auditing.resume(office(crowd), ADMIN)
    ended = crowd.finish()

    progress = under_way.progress
    assert progress and progress.outcome is Outcome.RUNNING
    assert progress.step == "webex" and 0 < progress.done < progress.total == len(crowd.expected)
    assert progress.pace > 0 and under_way.next_at is None
    assert stopped.progress and stopped.progress.outcome is Outcome.STOPPED
    assert stopped.progress.done == progress.done
    assert ended.outcome is Outcome.COMPLETE and len(crowd.desk.results.runs(9)) == 2
    told = [change.what for change in office(crowd).audit.latest(9)]
    assert [w for w in told if w.startswith("audit")] == [
        "audit_resumed",
        "audit_stopped",
        "audit_started",
    ]


def test_a_run_that_was_stopped_while_somebody_worked_at_it_is_left_alone(crowd: Crowd) -> None:
    from tests.journeys.stage import meanwhile

    crowd.stage.webex.switches.scim_count_cap = 5
    crowd.stage.webex.faults.append(
        meanwhile("/v2/Users", lambda: auditing.stop(office(crowd), ADMIN), at=3)
    )

    crowd.tick()

    assert crowd.desk.results.runs(9) == []
    progress = auditing.status(office(crowd)).progress
    assert progress and progress.outcome is Outcome.STOPPED


def test_what_is_lacking_is_said(make_crowd: Callable[..., Crowd]) -> None:
    crowd = make_crowd(0)
    crowd.stage.wiring.credentials(OrgId(crowd.stage.org.uuid)).forget("people")

    with pytest.raises(Refusal, match="credential_missing"):
        auditing.start(office(crowd), ADMIN)

    status = auditing.status(office(crowd))
    assert (status.waits, status.next_at) == ("credential_missing", None)


@pytest.mark.parametrize("limit", [1, 7, 50])
def test_pages_of_a_list_hold_everybody_once_in_order(
    make_crowd: Callable[..., Crowd], limit: int
) -> None:
    crowd = make_crowd(240)
    crowd.run()

    for verdict in (Verdict.MATCHED, Verdict.DUPLICATE):
        found = [each for page in pages(crowd, verdict, "", limit) for each in page]
        assert {each.person for each in found} == {
            p for p, v in crowd.expected.items() if v is verdict
        }
        assert [f.name for f in found] == sorted(f.name for f in found)
        assert len(found) == len({f.person for f in found})


def test_people_are_found_by_the_beginning_of_name_or_address_in_any_case(crowd: Crowd) -> None:
    add = crowd.stage.org.add_person
    wanted = {
        add("Åsa Öberg", "asa.oberg@example.com").uuid: "åsa",
        add("ÅSA Andersson", "aa@example.com").uuid: "ÅSA A",
        add("Zed", "zed@example.com").uuid: "zed@",
        add("asap", "x1@example.com").uuid: "ASAP",
    }
    crowd.run()

    for uuid, begins in wanted.items():
        found = auditing.people(office(crowd), Verdict.MISSING, begins).people
        assert uuid in {p.person for p in found}
    named = auditing.people(office(crowd), Verdict.MISSING, "asa").people
    assert [p.name for p in named] == ["asap", "Åsa Öberg"], "by name first, then by address"
    both = [p for page in pages(crowd, Verdict.MISSING, "asa", 1) for p in page]
    assert both == list(named)
    assert auditing.people(office(crowd), Verdict.MISSING, "nobody").people == ()


@pytest.mark.parametrize("after", ["x", "name:zz.y", "email:6.", "name:61.' or 1", "\ud800"])
def test_a_mark_that_is_none_begins_anew(crowd: Crowd, after: str) -> None:
    crowd.run()

    first = auditing.people(office(crowd), Verdict.MATCHED)
    assert auditing.people(office(crowd), Verdict.MATCHED, after=after) == first


def test_what_should_be_set_is_told_for_those_whom_it_mends(crowd: Crowd) -> None:
    crowd.run()

    people = crowd.stage.webex.world.people
    told = list(auditing.mending(office(crowd)))
    expected = {
        p
        for p, v in crowd.expected.items()
        if v in MENDABLE and crowd.stage.tenant.user_of(people[p].email)
    }
    assert {each.person for each in told} == expected
    for each in told:
        own = crowd.stage.tenant.user_of(people[each.person].email)
        assert own and each.object_id == own.object_id


def test_nothing_was_written_to_either_cloud(crowd: Crowd) -> None:
    crowd.watch()
    before = len(crowd.stage.webex.log), len(crowd.stage.graph_calls())

    crowd.run()
    list(auditing.everybody(office(crowd)))

    calls = [*crowd.stage.webex.log[before[0] :], *crowd.stage.graph_calls()[before[1] :]]
    assert {call.method for call in calls} == {"GET"}

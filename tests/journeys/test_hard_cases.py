"""Hard cases, one a test: races, crashes and odd answers, each of which once broke a promise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from functions.watch.handler import watch
from sandbox.adapter import CloudAdapter
from sandbox.kit import Fault, Request
from shared.core import times
from shared.core.errors import CredentialMissing, Transient
from shared.core.identity import from_external_id
from shared.core.ids import OrgId, PersonId, TenantId
from shared.core.model import Folder, Status
from shared.core.nudge import Nudge
from shared.http import Reply
from shared.storage.credentials import Credential
from shared.sync import pacing, switch
from shared.sync.lease import want
from shared.sync.worker import attend
from shared.webex.credentials import WebexTokens
from tests.journeys.stage import Stage


def nudge(stage: Stage, space: str, cause: str = "webhook") -> str:
    return json.dumps({"organization": stage.org.uuid, "space": space, "cause": cause})


def meanwhile(path: str, action: Callable[[], object], *, at: int = 1) -> Fault:
    """No fault: `action` happens while the `at`-th matching call is on its way."""
    seen: list[int] = []

    def hook(_request: Request) -> bool:
        seen.append(1)
        if len(seen) == at:
            action()
        return False

    return Fault("slow", path=path, seconds=0, when=hook)


# Who must not be touched


def test_a_team_from_before_stays_untouched_if_something_happens_during_its_first_sight(
    stage: Stage,
) -> None:
    stage.turn_off()
    ada = stage.person()
    old = stage.team(ada, stage.people(3))
    stage.clock.advance(3600)
    stage.turn_on(webhook=False)
    stage.watching = False
    second = stage.webex.create_space(ada, "Second", team=old)

    def somebody_joins() -> None:
        want(stage.services, old.uuid, old.general.id)

    somebody_joins()
    stage.webex.faults.append(meanwhile("^/v1/rooms/", somebody_joins, at=2))
    stage.work(nudge(stage, second.id))

    assert stage.row(old).status is Status.FROM_BEFORE
    assert stage.tenant.groups == {}


def test_an_identity_older_than_a_week_adds_nobody_before_it_is_looked_up_again(
    stage: Stage,
) -> None:
    ada, bob = stage.person("Ada"), stage.person("Bob")
    wrong = stage.tenant.add_user("Somebody else")
    week_ago = round(stage.clock.now()) - 8 * 86_400
    stage.know([ada])
    stage.services.identities.keep(
        [from_external_id(PersonId(bob.uuid), wrong.object_id, week_ago)]
    )
    pacing.hold_off(stage.services, "people", stage.services.now() + 60 * times.SECOND)
    team = stage.team(ada, [bob])

    stage.run(40)

    group = stage.group_of(team)
    assert group is None or wrong.object_id not in group.members


def test_a_create_that_was_throttled_is_not_sent_again_after_off(stage: Stage) -> None:
    team = stage.team(stage.person(), stage.people(3))

    def throttled_then_off(_request: Request) -> bool:
        stage.turn_off()
        return True

    stage.microsoft.graph.faults.append(
        Fault(
            "throttle", method="PATCH", path="uniqueName", times=1, seconds=4,
            when=throttled_then_off,
        )
    )  # fmt: skip

    stage.run(60)

    assert stage.group_of(team) is None


# What nobody looks at again


def test_what_a_permanent_failure_kept_from_being_done_is_done_a_day_later(stage: Stage) -> None:
    stage.microsoft.switches.revoked_tokens_live_on = False
    team = stage.team(stage.person(), stage.people(3))
    stage.settle()
    stage.run(600)
    stage.microsoft.revoke(stage.application, stage.tenant)
    late = stage.person()
    stage.webex.add_member(team, late)
    stage.run(120)
    assert stage.row(team).status is Status.NEEDS_PERSON
    stage.microsoft.consent(
        stage.application,
        stage.tenant,
        {"Group.ReadWrite.All", "User.Read.All", "Sites.Read.All"},
    )

    stage.clock.advance(86_400)
    stage.run(1800)

    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members
    assert stage.row(team).status is Status.COMPLETE


def test_a_look_that_crosses_the_end_of_settling_still_settles_the_team(stage: Stage) -> None:
    ada, bob = stage.person("Ada", mapped=False), stage.person("Bob")
    team = stage.team(ada, [bob])
    stage.run(70)
    first_seen = stage.row(team).first_seen
    stage.clock.advance(first_seen / 1000 + 299 - stage.clock.now())
    stage.watching = False
    stage.microsoft.graph.faults.append(Fault("slow", path="uniqueName", seconds=3, times=1))
    stage.work(nudge(stage, team.general.id))
    stage.watching = True

    stage.run(1200)

    group = stage.group_of(team)
    assert group is not None
    assert group.owners == [bob.external_id]


def test_a_space_that_cannot_be_seen_for_ten_minutes_is_not_given_up_on(stage: Stage) -> None:
    blind = Fault("error", path="^/v1/rooms/", status=404)
    stage.webex.faults.append(blind)
    team = stage.team(stage.person(), stage.people(3))
    stage.run(600)
    stage.webex.faults.remove(blind)

    stage.run(7200)
    stage.clock.advance(86_400)
    stage.run(7200)

    assert stage.group_of(team) is not None


def test_a_team_whose_creator_the_tenant_does_not_know_gets_a_stand_in(stage: Stage) -> None:
    ada, bob = stage.person("Ada"), stage.person("Bob")
    stage.tenant.remove_user(str(ada.external_id))
    team = stage.team(ada, [bob])

    stage.settle()
    stage.run(1000)

    group = stage.group_of(team)
    assert group is not None
    assert group.owners == [bob.external_id]


def test_one_person_whom_the_directory_cannot_tell_keeps_nobody_else_out(stage: Stage) -> None:
    people = stage.people(5)
    team = stage.team(people[0], people[1:])
    stage.webex.faults.append(Fault("error", path=f"/Users/{people[3].uuid}", status=500))

    stage.run(3600)

    group = stage.group_of(team)
    assert group is not None
    assert len(group.members) == 4


def test_a_person_who_gets_an_object_id_after_the_team_settled_gets_in(stage: Stage) -> None:
    ada, nora = stage.person("Ada"), stage.person("Nora", mapped=False)
    team = stage.team(ada, [nora])
    stage.settle()
    nora.external_id = stage.tenant.add_user("Nora").object_id

    stage.run(600)
    stage.clock.advance(25 * 3600)
    stage.run(600)

    group = stage.group_of(team)
    assert group is not None
    assert nora.external_id in group.members


def test_a_person_whom_entra_does_not_know_yet_gets_into_an_older_group_later(
    stage: Stage,
) -> None:
    team = stage.team(stage.person(), stage.people(3))
    stage.settle()
    stage.clock.advance(3600)
    late = stage.org.add_person("Late", external_id="11111111-2222-4333-8444-555555555555")
    stage.webex.add_member(team, late)
    stage.run(60)
    stage.tenant.add_user("Late", object_id=str(late.external_id))

    stage.run(600)
    stage.clock.advance(25 * 3600)
    stage.run(600)

    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members


def test_an_event_that_comes_late_is_found_even_if_the_folder_was_tended_meanwhile(
    stage: Stage,
) -> None:
    stage.webex.switches.who_may_link = "nobody"
    team = stage.team(stage.person(), stage.people(2))
    stage.settle()
    stage.run(600)
    folder_at = stage.row(team).folder_at
    assert folder_at is not None
    stage.run(60)
    stage.clock.advance(folder_at / 1000 - stage.clock.now() - 30)
    stage.run(20)
    stage.webex.switches.event_lag_seconds = 600
    late = stage.person()
    stage.webex.add_member(team, late)

    stage.run(650)
    stage.webex.switches.event_lag_seconds = 3
    stage.run(3 * 3600)

    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members


def test_events_are_read_on_when_webex_no_longer_knows_the_next_page(stage: Stage) -> None:
    stage.webex.switches.events_page_cap = 2
    stage.webex.switches.org_rooms_webhook = "silent"
    stage.team(stage.person(), stage.people(5))
    stage.webex.faults += [
        Fault("slow", path="^/v1/events", seconds=3, times=1),
        Fault("error", path="^/v1/events", status=400, when=lambda r: "cursor" in str(r.query)),
    ]
    stage.run(30)
    stage.webex.switches.events_page_cap = 1000
    team = stage.team(stage.person(), stage.people(3))

    stage.run(300)

    assert stage.group_of(team) is not None


def test_a_switch_on_that_died_half_way_wakes_every_team_when_pressed_again(
    stage: Stage,
) -> None:
    team = stage.team(stage.person(), stage.people(3))
    stage.settle()
    stage.turn_off()
    late = stage.person()
    stage.webex.add_member(team, late)
    stage.run(600)

    class Died(Exception): ...

    class DeadLooks:
        def read(self, uuid: str) -> None:
            raise Died

    services = replace(stage.services, looks=DeadLooks())  # type: ignore[arg-type]
    with pytest.raises(Died):
        switch.turn_on(services, TenantId(stage.tenant.tenant_id))
    stage.turn_on(webhook=False)

    stage.run(300)

    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members


def test_a_dead_letter_that_could_not_be_written_is_written_later(stage: Stage) -> None:
    team = stage.team(stage.person())
    stage.run(45)
    rows = stage.wiring.tables.partition("Teams", stage.org.uuid)
    row = rows.get(f"team:{team.uuid}")
    assert row is not None
    rows.upsert(row.key, {**row.values, "status": "from the future"})
    look = stage.services.looks.read(team.uuid)
    assert look is not None
    now = stage.services.now()
    last_try = replace(look.value, tries=times.TRIES - 1, at=now, ready=now)
    stage.services.looks.write(team.uuid, look, last_try)

    class Died(Exception): ...

    class DeadDeadLetters:
        def put(self, _letter: object) -> None:
            raise Died

    services = replace(stage.services, dead_letters=DeadDeadLetters())
    with pytest.raises(Died):
        attend(services, Nudge(OrgId(stage.org.uuid), team.general.id, "due"))

    stage.run(3600)

    letters = stage.wiring.tables.partition("DeadLetters", stage.org.uuid)
    assert letters.get(team.uuid) is not None


# What never comes to rest


def test_a_second_space_leaves_no_due_row_when_its_team_cannot_be_read_at_first(
    stage: Stage,
) -> None:
    stage.turn_off()
    ada = stage.person()
    old = stage.team(ada)
    stage.clock.advance(3600)
    stage.turn_on(webhook=False)
    stage.watching = False
    second = stage.webex.create_space(ada, "Second", team=old)
    asked: list[int] = []

    def general_is_down(_request: Request) -> bool:
        asked.append(1)
        return len(asked) > 1

    down = Fault("error", path="^/v1/rooms/", status=503, when=general_is_down)
    stage.webex.faults.append(down)
    stage.work(nudge(stage, second.id))
    stage.webex.faults.remove(down)
    stage.watching = True

    stage.run(900)

    assert stage.row(old).status is Status.FROM_BEFORE
    assert stage.due() == []


def test_a_wish_for_a_known_second_space_comes_to_rest(stage: Stage) -> None:
    ada = stage.person()
    team = stage.team(ada)
    stage.settle()
    second = stage.webex.create_space(ada, "Second", team=team)
    stage.settle()
    stage.run(600)
    assert stage.due() == []

    stage.app.invoke_queue("dead_nudges", nudge(stage, second.id))
    stage.run(900)

    assert stage.due() == []


def test_without_folders_a_finished_team_is_not_looked_at_again(stage: Stage) -> None:
    stage.services.organizations.save_settings(lambda s: replace(s, link_folders=False))
    team = stage.team(stage.person(), stage.people(2))
    stage.settle()
    stage.run(60)

    assert stage.row(team).status is Status.COMPLETE
    assert stage.due() == []


def test_an_unexpected_failure_of_the_events_starves_no_due_team(stage: Stage) -> None:
    team = stage.team(stage.person())
    stage.run(9)
    stage.clock.advance(30)

    class OddWebex:
        def joined_since(self, since: int, page: str | None) -> object:
            raise KeyError("an answer that nobody thought of")

    services: Any = replace(stage.services, webex=OddWebex())  # type: ignore[arg-type]
    messages = watch(lambda _org: services, [OrgId(stage.org.uuid)])

    assert [json.loads(m)["space"] for m in messages] == [stage.row(team).space_id]


# What a person must do


def test_two_workers_that_refresh_at_once_both_get_a_token() -> None:
    """The other one's refresh rotated the token and is not kept yet."""

    class Rows:
        kept = Credential("old", "refresh-1", expires=0, etag="1")

        def read(self, capability: str) -> Credential:
            return self.kept

        def write(self, capability: str, credential: Credential) -> None:
            self.kept = replace(credential, etag="2")

    class Webex:
        """A refresh token is good for once."""

        spent = False
        second: str | None = None

        def call(self, *args: object, **options: object) -> Reply:
            if self.spent:
                return Reply(400, {"message": "revoked"}, {})
            self.spent = True
            try:
                self.second = tokens.token("spaces")
            except CredentialMissing as error:
                self.second = f"{error}"
            answer = {"access_token": "new", "refresh_token": "refresh-2", "expires_in": 1209599}
            return Reply(200, answer, {})

    class Clock:
        def now(self) -> float:
            return 1_790_000_000.0

        def sleep(self, seconds: float) -> None: ...

    webex = Webex()
    tokens = WebexTokens(Rows(), webex, "https://w", "id", "secret", Clock())  # type: ignore[arg-type]

    assert tokens.token("spaces") == "new"
    assert "has ended" not in str(webex.second)


def test_a_space_that_one_account_cannot_see_is_linked_by_the_next(stage: Stage) -> None:
    stage.webex.faults.append(
        Fault("error", path="/room/linkedFolders", status=404, method="GET", times=1)
    )
    team = stage.team(stage.person(), stage.people(2))

    stage.settle()

    assert stage.row(team).status is Status.COMPLETE
    assert stage.row(team).reason == ""
    assert stage.row(team).folder in (Folder.LINKED, Folder.REFUSED)


def test_a_guest_who_may_not_own_a_group_keeps_nobody_else_out(stage: Stage) -> None:
    stage.microsoft.switches.guest_policy_binds_apps = True
    ada = stage.person("Ada")
    guest = stage.tenant.add_user("Gunnar", user_type="Guest")
    gunnar = stage.org.add_person("Gunnar", external_id=guest.object_id)
    people = stage.people(3)
    team = stage.team(ada, people)
    stage.webex.add_member(team, gunnar, moderator=True)

    stage.settle()
    stage.run(1000)

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    assert group.owners == [ada.external_id]


def test_groups_are_found_where_the_alternate_key_cannot_be_read(stage: Stage) -> None:
    stage.microsoft.switches.alternate_key_get = False
    team = stage.team(stage.person(), stage.people(2))

    stage.settle()

    assert stage.group_of(team) is not None


def test_no_port_shows_a_secret(stage: Stage) -> None:
    assert "integration-secret" not in repr(stage.services.webex)
    assert stage.application.client_secret not in repr(stage.services.groups)


# Odd answers and slow providers


def test_nobody_stands_in_for_a_creator_who_was_only_not_looked_up_yet(stage: Stage) -> None:
    ada, bob = stage.person("Ada"), stage.person("Bob")
    stage.know([bob])
    silent = Fault("error", path=f"/Users/{ada.uuid}", status=503)
    stage.webex.faults.append(silent)
    team = stage.team(ada, [bob])
    stage.run(600)
    stage.webex.faults.remove(silent)

    stage.run(1200)

    group = stage.group_of(team)
    assert group is not None
    assert group.owners == [ada.external_id]
    assert stage.row(team).stand_in is None


def test_a_team_that_could_not_be_seen_for_a_night_is_found_in_the_morning(stage: Stage) -> None:
    def hours(count: int) -> None:
        for _ in range(count * 12):
            stage.clock.advance(289)
            stage.run(11)

    blind = Fault("error", path="^/v1/rooms/", status=404)
    stage.webex.faults.append(blind)
    team = stage.team(stage.person(), stage.people(3))
    hours(6)
    stage.webex.faults.remove(blind)

    hours(30)

    assert stage.group_of(team) is not None


def test_members_are_read_where_paging_them_is_an_advanced_query(stage: Stage) -> None:
    stage.microsoft.switches.members_query_is_advanced = True
    team = stage.team(stage.person(), stage.people(3))

    stage.settle()
    stage.run(1200)

    assert stage.row(team).status is Status.COMPLETE


def test_a_long_retry_after_of_a_failed_batch_is_waited_for(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()

    class Asking(CloudAdapter):
        def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
            answer = super().send(request, **options)
            if answer.status_code == 503:
                answer.headers["Retry-After"] = "120"
            return answer

    session = stage.wiring.session()
    session.mount("https://graph.microsoft.com", Asking(stage.microsoft.graph))
    stage.wiring.session = lambda: session
    stage.turn_on()
    people = stage.people(70)
    stage.know(people)
    stage.team(people[0], people[1:])
    stage.microsoft.graph.faults.append(Fault("error", path="batch", status=503, times=1))

    stage.run(300)

    calls = stage.graph_calls()
    failed = next(c.at for c in calls if c.status == 503)
    assert [c for c in calls if failed < c.at < failed + 120] == []


def test_what_the_directory_answered_before_it_throttled_is_kept(stage: Stage) -> None:
    people = stage.people(30)
    team = stage.team(people[0], people[1:])
    stage.webex.faults.append(Fault("throttle", path="/Users/", every=20, seconds=30))

    stage.run(900)

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    looked_up = [c for c in stage.webex.log if "/Users/" in c.path and c.status == 200]
    assert len(looked_up) == 30


def test_a_refresh_that_answers_nothing_keeps_the_sign_in(stage: Stage) -> None:
    kept = stage.wiring.credentials(stage.services.org)
    before = kept.read("spaces")
    assert before is not None

    class Empty:
        def call(self, *args: object, **options: object) -> Reply:
            return Reply(200, {}, {})

    clock = stage.wiring.clock
    tokens = WebexTokens(kept, Empty(), "https://w", "id", "secret", clock)  # type: ignore[arg-type]
    with pytest.raises(Transient):
        tokens.renewed("spaces", before.access_token)

    after = kept.read("spaces")
    assert after is not None
    assert after.access_token == before.access_token


def test_a_worker_that_is_told_404_takes_nothing_from_one_that_sees_the_team(
    make_stage: Callable[..., Stage],
) -> None:
    """Replicas differ: one worker hears that the space is missing, another looks at its team."""
    stage = make_stage()
    told: list[int] = []

    class Replicas(CloudAdapter):
        def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
            if "/v1/rooms/" not in request.url or told:
                return super().send(request, **options)
            told.append(1)
            stage.work(nudge(stage, team.general.id))
            missing = super().send(request, **options)
            missing.status_code, missing._content = 404, b'{"message": "not found"}'
            return missing

    session = stage.wiring.session

    def sessions() -> Any:
        made = session()
        made.mount("https://webexapis.com", Replicas(stage.webex))
        return made

    stage.wiring.session = sessions
    stage.turn_on()
    team = stage.team(stage.person(), stage.people(3))

    stage.work(nudge(stage, team.general.id))

    look = stage.services.looks.read(team.uuid)
    space = stage.services.teams.space(team.uuid)
    assert look is not None
    assert look.value.sighted
    assert space is not None
    assert space.team == team.uuid


@pytest.mark.parametrize("silent", ["creator", "moderator"])
def test_who_may_create_groups_is_asked_for_even_if_somebody_is_not_looked_up_yet(
    stage: Stage, silent: str
) -> None:
    allowed = stage.tenant.add_security_group("May create", [])
    stage.tenant.group_settings["EnableGroupCreation"] = "False"
    stage.tenant.group_settings["GroupCreationAllowedGroupId"] = allowed
    ada, bob, cleo = stage.person("Ada"), stage.person("Bob"), stage.person("Cleo")
    unheard = ada if silent == "creator" else cleo
    stage.know([p for p in (ada, bob, cleo) if p is not unheard])
    stage.webex.faults.append(Fault("error", path=f"/Users/{unheard.uuid}", status=503))
    team = stage.team(ada, [bob, cleo])
    stage.webex.set_moderator(team, bob, True)
    stage.webex.set_moderator(team, cleo, True)

    stage.settle()
    stage.run(600)

    assert stage.group_of(team) is None


def test_webex_that_hangs_keeps_no_due_team_waiting(stage: Stage) -> None:
    def hangs(_request: Request) -> bool:
        stage.clock.advance(9)
        return True

    stage.webex.faults.append(Fault("error", path="^/v1/events", status=503, when=hangs))
    began = stage.clock.now()

    stage.watch()

    assert stage.clock.now() - began <= 30

"""Accounts that refuse, tokens that are refreshed twice, guests, and what a person must do."""

from __future__ import annotations

from dataclasses import replace

from sandbox.kit import Fault
from shared.core.credential import Credential
from shared.core.errors import CredentialMissing
from shared.core.model import Folder, Status
from shared.http import Reply
from shared.webex.credentials import WebexTokens
from tests.journeys.stage import Stage


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

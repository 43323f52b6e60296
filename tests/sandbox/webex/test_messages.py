"""POST /v1/messages: what somebody writes to one person."""

from __future__ import annotations

from sandbox.webex import Person, WebexCloud

from .conftest import Client


def client(webex: WebexCloud, bot: Person) -> Client:
    return Client(webex, webex.issue_bot_token(bot).access_token)


def test_a_bot_writes_to_whoever_it_never_met(webex: WebexCloud, bot: Person, ada: Person) -> None:
    answer = client(webex, bot).post("/v1/messages", toPersonId=ada.id, markdown="**Hello**")

    assert answer.status_code == 200
    assert [(m.person_uuid, m.text) for m in webex.world.messages] == [(ada.uuid, "**Hello**")]


def test_nothing_to_say_nobody_to_say_it_to_and_too_much_are_refused(
    webex: WebexCloud, bot: Person, ada: Person
) -> None:
    def status(**body: str) -> int:
        return client(webex, bot).post("/v1/messages", **body).status_code

    assert status(toPersonId=ada.id) == 400
    assert status(markdown="x") == 404
    assert status(toPersonId=ada.id, markdown="x" * 8000) == 400


def test_a_person_needs_the_scope(full_admin: Client, ada: Person) -> None:
    answer = full_admin.post("/v1/messages", toPersonId=ada.id, markdown="Hello")

    assert answer.status_code == 403

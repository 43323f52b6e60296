"""POST /v1/messages to one person. Source: https://developer.webex.com/docs/api/v1/messages

A bot writes to anybody by 1:1, without having met them before.
"""

from __future__ import annotations

from sandbox.kit import Request, Response
from sandbox.webex.bodies import body_of, person_named
from sandbox.webex.core import Core
from sandbox.webex.errors import BadRequest, Forbidden, NotFound
from sandbox.webex.ids import encode
from sandbox.webex.state import Message
from sandbox.webex.times import iso
from sandbox.webex.tokens import Caller

LONGEST = 7439


class MessagesApi:
    def __init__(self, core: Core) -> None:
        self.core = core

    def create(self, caller: Caller, request: Request) -> Response:
        if not caller.person.is_bot:
            caller.need_any("spark:messages_write")
        body = body_of(request)
        text = body.get("markdown") or body.get("text")
        if not isinstance(text, str) or not text:
            raise BadRequest("There is nothing to say.")
        if len(text.encode()) > LONGEST:
            raise BadRequest("The message is too long.")
        person = person_named(self.core, body.get("toPersonId") or "", None)
        if person is None:
            raise NotFound
        if person.is_machine:
            raise Forbidden
        world = self.core.world
        message = Message(world.new_uuid(), caller.person.uuid, person.uuid, text, world.now_ms())
        world.messages.append(message)
        shown = {
            "id": encode("MESSAGE", message.uuid),
            "roomType": "direct",
            "toPersonId": person.id,
            "personId": caller.person.id,
            "markdown": text,
            "created": iso(message.created),
        }
        return Response(200, shown)

"""Messages to people, as the bot. Source: https://developer.webex.com/docs/api/v1/messages."""

from __future__ import annotations

from shared.core.ids import PersonId
from shared.webex.client import WebexClient
from shared.webex.protocol import person_id


class MessageClient(WebexClient):
    def send(self, person: PersonId, text: str) -> None:
        """text: markdown. Raises CredentialMissing where there is no bot, AnswerUnknown where it
        may have arrived."""
        body = {"toPersonId": person_id(person), "markdown": text}
        self._call("POST", f"{self.base_url}/v1/messages", "cards", body)

"""Webhooks on their way: who hears of a change, when, and what failures do.

Source: https://developer.webex.com/admin/docs/api/guides/webhooks. A delivery succeeds with 2xx.
A hundred failures within five minutes switch a webhook off, until somebody switches it on.
Retries, order and doubles are not documented: switches.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

from sandbox.webex.core import Change, Core
from sandbox.webex.envelope import body_of, headers_of
from sandbox.webex.ids import key_of
from sandbox.webex.state import Person, Room, Webhook

FAILURES = 100
WINDOW_SECONDS = 300.0

Post = Callable[[str, dict[str, str], bytes], int]


@dataclass(frozen=True, order=True)
class Delivery:
    """One POST that is to be made when the clock reaches `due` (seconds)."""

    due: float
    seq: int
    url: str = field(compare=False)
    headers: dict[str, str] = field(compare=False)
    body: bytes = field(compare=False)
    webhook_id: str = field(compare=False)
    attempt: int = field(compare=False, default=1)


class Postman:
    """The outbox. Everything but `deliver` is called with the cloud's lock held. lost: how many
    deliveries never came to be."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.outbox: list[Delivery] = []
        self.lost = 0

    # In

    def announce(self, change: Change) -> None:
        for webhook in self.core.world.webhooks.values():
            if webhook.status == "active" and self._hears(webhook, change):
                self._send(webhook, change)

    def _hears(self, webhook: Webhook, change: Change) -> bool:
        return (
            webhook.resource in (change.resource, "all")
            and webhook.event in (change.event, "all")
            and self._may_know(webhook, change)
            and (not webhook.filter or _passes(webhook.filter, change))
        )

    def _may_know(self, webhook: Webhook, change: Change) -> bool:
        if webhook.owned_by == "org":
            fires = self.core.switches.org_rooms_webhook == "fires"
            return fires and change.room.owner_org == webhook.org_uuid
        if change.resource == "rooms" and change.event == "created":
            return change.actor.uuid == webhook.creator_uuid  # "by you or your integrations"
        return self._concerns(webhook.creator, change)

    def _concerns(self, person: Person, change: Change) -> bool:
        if change.member and change.member.person_uuid == person.uuid:
            return True
        return self._is_in(person, change.room)

    def _is_in(self, person: Person, room: Room) -> bool:
        return self.core.world.member(room.uuid, person.uuid) is not None

    def _send(self, webhook: Webhook, change: Change) -> None:
        chance, switches = self.core.chance, self.core.switches
        body = body_of(self.core, webhook, change)
        headers = headers_of(self.core, webhook, body, self._tracking_id())
        if switches.lose and chance.random() < switches.lose:
            self.lost += 1
            return
        due = self._due(webhook)
        self._put(Delivery(due, self._seq(), webhook.target_url, headers, body, webhook.id))
        if switches.duplicate and chance.random() < switches.duplicate:
            late = due + chance.uniform(*switches.webhook_delay_seconds)
            self._put(Delivery(late, self._seq(), webhook.target_url, headers, body, webhook.id))

    def _due(self, webhook: Webhook) -> float:
        """In order for one webhook, unless chance says otherwise."""
        chance, switches = self.core.chance, self.core.switches
        due = self.core.clock.now() + chance.uniform(*switches.webhook_delay_seconds)
        if switches.reorder and chance.random() < switches.reorder:
            return due + chance.uniform(1, 10) * switches.webhook_delay_seconds[1]
        webhook.last_due = max(due, webhook.last_due)
        return webhook.last_due

    def _put(self, delivery: Delivery) -> None:
        insort(self.outbox, delivery)

    def _seq(self) -> int:
        return self.core.world.next_sequence()

    def _tracking_id(self) -> str:
        return f"NA_{self.core.world.new_uuid()}"

    # Out

    def deliver(self, post: Post) -> int:
        """Post what is due, without the lock; returns how many were posted."""
        sent = 0
        while delivery := self.take():
            failed = _failed(post, delivery)
            sent += 1
            with self.core.world.lock:
                self.settle(delivery, failed)
        return sent

    def take(self) -> Delivery | None:
        """The next delivery that is due and whose webhook still stands."""
        with self.core.world.lock:
            now = self.core.clock.now()
            while self.outbox and self.outbox[0].due <= now:
                delivery = self.outbox.pop(0)
                webhook = self.core.world.webhooks.get(delivery.webhook_id)
                if webhook and webhook.status == "active":
                    return delivery
        return None

    def settle(self, delivery: Delivery, failed: bool) -> None:
        webhook = self.core.world.webhooks.get(delivery.webhook_id)
        if not webhook or not failed:
            return
        now = self.core.clock.now()
        webhook.failures = [at for at in webhook.failures if at > now - WINDOW_SECONDS] + [now]
        if len(webhook.failures) >= FAILURES:
            # Kept on purpose: revived within five minutes, the first failure ends it again.
            webhook.status = "inactive"
        elif delivery.attempt <= self.core.switches.webhook_retries:
            self._retry(delivery)

    def _retry(self, delivery: Delivery) -> None:
        headers = dict(delivery.headers)
        if not self.core.switches.retry_keeps_tracking_id:
            headers["TrackingID"] = self._tracking_id()
        due = self.core.clock.now() + self.core.switches.webhook_retry_seconds
        self._put(
            replace(
                delivery,
                due=due,
                seq=self._seq(),
                headers=headers,
                attempt=delivery.attempt + 1,
            )
        )


def _failed(post: Post, delivery: Delivery) -> bool:
    try:
        status = post(delivery.url, delivery.headers, delivery.body)
    except Exception:  # whatever the receiver's end raises: nothing was acknowledged
        return True
    return not 200 <= status < 300


def _passes(text: str, change: Change) -> bool:
    """Whether a change meets every condition of a filter such as ``roomId=…&isModerator=true``."""
    facts: dict[str, str] = {
        "type": change.room.kind,
        "isLocked": str(change.room.is_locked).lower(),
        "roomId": change.room.uuid,
    }
    if change.member:
        facts |= {
            "personId": change.member.person_uuid,
            "personEmail": change.member.person.email.lower(),
            "isModerator": str(change.member.is_moderator).lower(),
        }
    return all(facts.get(name) == _plain(name, value) for name, value in parse_qsl(text))


def _plain(name: str, value: str) -> str:
    if name in ("roomId", "personId"):
        return key_of(value, "ROOM", "PEOPLE")
    return value.lower()

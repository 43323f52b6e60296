"""Which master keys are still needed: after another one was put in front, what hangs on the older.

Tokens are encrypted anew under the newest key. The webhooks follow by themselves (`webhooks.tend`);
what Webex had on its way then is signed under the older, and so is what browsers hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.admin import webhooks
from shared.admin.ports import Credentials
from shared.admin.registering import Endpoint, target_of
from shared.admin.webhooks import Standing
from shared.core import times
from shared.ports import Kept, Services

ROW = "keys"
EVERY = times.HOUR
# Longer than any session, and than Webex tries to deliver.
REST = times.DAY
_LISTENING = (Standing.THERE, Standing.OFF, Standing.UNKNOWN)


def tend(services: Services, credentials: Credentials, endpoint: Endpoint) -> None:
    """Once an hour, and at once where another key is the newest. Raises Conflict; may be called
    again.

    Where the keyring has several, the log says what the older are needed for, or that nothing
    needs them any more.
    """
    keyring, now = endpoint.keyring, services.now()
    kept = services.organizations.kept(ROW)
    state = kept.state if kept else {}
    same = state.get("newest") == keyring.newest
    if same and now - _number(state.get("at")) < EVERY:
        return
    resealed = credentials.reseal(now)
    since = _number(state.get("since")) if same else now
    waits = [*resealed.waits, *_waits(services, endpoint, since)]
    if resealed.done:
        services.log("tokens are under the newest key", rows=len(resealed.done))
    if resealed.lost:
        services.log("a key is missing", rows=list(resealed.lost))
    if len(keyring.keys) > 1:
        older = [version for version in keyring.keys if version != keyring.newest]
        event = "older keys are needed" if waits else "older keys may go"
        services.log(event, keys=older, needed_for=waits)
    _keep(services, kept, keyring.newest, since, bool(resealed.waits))


def _waits(services: Services, endpoint: Endpoint, since: int) -> Iterator[str]:
    now = services.now()
    if now - since < REST:
        yield "browsers"
    for row in (webhooks.ROW, webhooks.BOT_ROW):
        webhook = webhooks.known(services, row)
        if webhook is None or webhook.standing not in _LISTENING:
            continue
        if webhook.target != target_of(services, endpoint) or now - webhook.since < REST:
            yield row


def _keep(services: Services, before: Kept | None, newest: str, since: int, again: bool) -> None:
    """again: something is tried at the next run, not in an hour."""
    at = 0 if again else services.now()
    services.organizations.keep(ROW, before, {"newest": newest, "since": since, "at": at})


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0

"""Queue `nudges`, and its poison queue.

Like every blueprint but the webhook's it imports what it needs when it is called: an instance runs
one kind of function, and its cold start should not pay for the others.
"""

from __future__ import annotations

import logging

import azure.functions as func

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]
_logger = logging.getLogger("webex_teams_to_groups")


@blueprint.function_name("sync_team")
@blueprint.queue_trigger("msg", "nudges", "AzureWebJobsStorage")
def sync_team(msg: func.QueueMessage) -> None:
    from functions.sync_team.handler import NotServed, sync
    from shared.core.nudge import Unreadable
    from shared.wiring import current

    try:
        sync(current().services, msg.get_body().decode("utf-8", "replace"))
    except (Unreadable, NotServed) as error:
        # Repeating would not help: five tries would only delay the word of it.
        _logger.error("message %s dropped: %s", msg.id, error)


@blueprint.function_name("dead_nudges")
@blueprint.queue_trigger("msg", "nudges-poison", "AzureWebJobsStorage")
def dead_nudges(msg: func.QueueMessage) -> None:
    from functions.sync_team.handler import revive
    from shared.wiring import current

    outcome = revive(current().services, msg.get_body().decode("utf-8", "replace"))
    _logger.error("message %s failed five times; %s", msg.id, outcome)

"""One timer, every ten seconds. It never runs twice at once."""

from __future__ import annotations

from typing import List  # noqa: UP035 - see Messages

import azure.functions as func

from functions.watch.handler import watch as run
from shared.wiring import current

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]

# The worker refuses `list[str]` here: it wants typing's own generic.
Messages = List[str]  # noqa: UP006


@blueprint.function_name("watch")
@blueprint.timer_trigger("timer", "*/10 * * * * *", use_monitor=False)
@blueprint.queue_output("nudges", "nudges", "AzureWebJobsStorage")
def watch(timer: func.TimerRequest, nudges: func.Out[Messages]) -> None:
    wiring = current()
    messages = run(wiring.services, wiring.settings.organizations)
    if messages:
        nudges.set(messages)

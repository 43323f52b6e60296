"""Two timers: watching every ten seconds, the chores every thirty. Neither runs twice at once.

What a function puts on a queue is sent when it returns, so no nudge may wait for a chore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List  # noqa: UP035 - see Messages

import azure.functions as func

if TYPE_CHECKING:
    from functions.watch.chores import Backroom
    from shared.core.ids import OrgId
    from shared.wiring import Wiring

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]

# The worker refuses `list[str]` here: it wants typing's own generic.
Messages = List[str]  # noqa: UP006


@blueprint.function_name("watch")
@blueprint.timer_trigger("timer", "*/10 * * * * *", use_monitor=False)
@blueprint.queue_output("nudges", "nudges", "AzureWebJobsStorage")
def watch(timer: func.TimerRequest, nudges: func.Out[Messages]) -> None:
    from functions.watch.handler import watch as run
    from shared.wiring import current

    wiring = current()
    messages = run(wiring.services, wiring.settings.organizations)
    if messages:
        nudges.set(messages)


@blueprint.function_name("chores")
@blueprint.timer_trigger("timer", "5,35 * * * * *", use_monitor=False)
def chores(timer: func.TimerRequest) -> None:
    from functions.watch.chores import tidy
    from shared.wiring import current

    wiring = current()
    began = round(wiring.clock.now() * 1000)
    tidy(lambda org: _backroom(wiring, org), wiring.settings.organizations, began)


def _backroom(wiring: Wiring, org: OrgId) -> Backroom:
    from functions.watch.chores import Backroom
    from shared.admin import leaving
    from shared.admin.claiming import claim
    from shared.admin.registering import Endpoint

    return Backroom(
        wiring.services(org),
        Endpoint(
            wiring.settings.public_url,
            wiring.settings.keyring,
            bot=bool(wiring.settings.webex_bot_token),
        ),
        wiring.once(org),
        wiring.credentials(org),
        lambda capability: wiring.webex_tokens(org).keep_alive(capability),
        lambda: claim(wiring.office(org)),
        lambda deadline: leaving.go_on(wiring.office(org), deadline),
    )

"""One timer, every hour: what could not be written is written in a later one."""

from __future__ import annotations

import azure.functions as func

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.function_name("archive")
@blueprint.timer_trigger("timer", "0 20 * * * *", use_monitor=False)
def archive(timer: func.TimerRequest) -> None:
    from functions.archive.handler import run
    from shared.wiring import current

    wiring = current()
    store = wiring.archive()
    if store is not None:
        run(wiring.office, wiring.settings.organizations, store)

"""/prerequisites, what is done there, the directory's audit and its timer; /permissions."""

from __future__ import annotations

import azure.functions as func

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.function_name("prerequisites")
@blueprint.route("prerequisites", methods=["GET"])
def prerequisites(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.handler import prerequisites
    from shared.web.azure import answer

    return answer(req, admin=prerequisites)


@blueprint.function_name("prerequisites_json")
@blueprint.route("prerequisites.json", methods=["GET"])
def prerequisites_json(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.handler import listing
    from shared.web.azure import answer

    return answer(req, admin=listing)


@blueprint.function_name("prerequisites_recheck")
@blueprint.route("prerequisites/recheck", methods=["POST"])
def prerequisites_recheck(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.handler import recheck
    from shared.web.azure import answer

    return answer(req, admin=recheck)


@blueprint.function_name("prerequisites_tenant")
@blueprint.route("prerequisites/tenant", methods=["POST"])
def prerequisites_tenant(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.handler import tenant
    from shared.web.azure import answer

    return answer(req, admin=tenant)


@blueprint.function_name("prerequisites_confirm")
@blueprint.route("prerequisites/confirm", methods=["POST"])
def prerequisites_confirm(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.handler import confirm
    from shared.web.azure import answer

    return answer(req, admin=confirm)


@blueprint.function_name("permissions")
@blueprint.route("permissions", methods=["GET"])
def permissions(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.note import permissions
    from shared.web.azure import answer

    return answer(req, admin=permissions)


@blueprint.function_name("directory_audit")
@blueprint.timer_trigger("timer", "20 * * * * *", use_monitor=False)
def directory_audit(timer: func.TimerRequest) -> None:
    """Never twice at once; what is under way goes on from its cursor."""
    from functions.prereq_check.timer import audit
    from shared.wiring import current

    wiring = current()
    audit(wiring.office, wiring.settings.organizations, round(wiring.clock.now() * 1000))


@blueprint.function_name("directory")
@blueprint.route("prerequisites/directory", methods=["GET"])
def directory(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.directory import show
    from shared.web.azure import answer

    return answer(req, admin=show)


@blueprint.function_name("directory_people")
@blueprint.route("prerequisites/directory", methods=["POST"])
def directory_people(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.directory import people
    from shared.web.azure import answer

    return answer(req, admin=people)


@blueprint.function_name("directory_run")
@blueprint.route("prerequisites/directory/run", methods=["POST"])
def directory_run(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.directory import act
    from shared.web.azure import answer

    return answer(req, admin=act)


@blueprint.function_name("directory_every")
@blueprint.route("prerequisites/directory/every", methods=["POST"])
def directory_every(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.directory import repeat
    from shared.web.azure import answer

    return answer(req, admin=repeat)


@blueprint.function_name("directory_csv")
@blueprint.route("prerequisites/directory.csv", methods=["GET"])
def directory_csv(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.directory import everybody
    from shared.web.azure import answer

    return answer(req, admin=everybody)


@blueprint.function_name("mending_csv")
@blueprint.route("prerequisites/mending.csv", methods=["GET"])
def mending_csv(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.directory import mending
    from shared.web.azure import answer

    return answer(req, admin=mending)


@blueprint.function_name("directory_watch")
@blueprint.route("prerequisites/directory/watch", methods=["POST"])
def directory_watch(req: func.HttpRequest) -> func.HttpResponse:
    from functions.prereq_check.directory import watch
    from shared.web.azure import answer

    return answer(req, admin=watch)

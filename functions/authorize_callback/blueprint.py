"""The ways out and back, and the page of the sign-ins."""

from __future__ import annotations

import azure.functions as func

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]

# Signing in to our pages


@blueprint.function_name("signin")
@blueprint.route("authorize/signin", methods=["POST"])
def signin(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.signin import set_out
    from shared.web.azure import answer

    return answer(req, public=set_out)


@blueprint.function_name("signed_in_webex")
@blueprint.route("authorize/webex/signin", methods=["GET"])
def signed_in_webex(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.signin import returned
    from shared.web.azure import answer

    return answer(req, public=returned)


@blueprint.function_name("signout")
@blueprint.route("authorize/signout", methods=["POST"])
def signout(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.signin import sign_out
    from shared.web.azure import answer

    return answer(req, public=sign_out)


# Webex credentials


@blueprint.function_name("credentials")
@blueprint.route("credentials", methods=["GET"])
def credentials(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.credentials import show
    from shared.web.azure import answer

    return answer(req, admin=show)


@blueprint.function_name("authorize_webex")
@blueprint.route("authorize/webex", methods=["POST"])
def authorize_webex(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.webex import authorize
    from shared.web.azure import answer

    return answer(req, admin=authorize)


@blueprint.function_name("credential_webex")
@blueprint.route("authorize/webex/credential", methods=["GET"])
def credential_webex(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.webex import returned_at_desk, returned_on_errand
    from shared.web.azure import answer

    return answer(req, public=returned_on_errand, admin=returned_at_desk)


@blueprint.function_name("service_app")
@blueprint.route("authorize/service-app", methods=["POST"])
def service_app(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.credentials import service_app
    from shared.web.azure import answer

    return answer(req, admin=service_app)


@blueprint.function_name("confirm")
@blueprint.route("authorize/confirm", methods=["POST"])
def confirm(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.credentials import confirm
    from shared.web.azure import answer

    return answer(req, admin=confirm)


@blueprint.function_name("forget")
@blueprint.route("authorize/forget", methods=["POST"])
def forget(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.credentials import forget
    from shared.web.azure import answer

    return answer(req, admin=forget)


# Microsoft's consent


@blueprint.function_name("authorize_microsoft")
@blueprint.route("authorize/microsoft", methods=["POST"])
def authorize_microsoft(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.microsoft import ask
    from shared.web.azure import answer

    return answer(req, admin=ask)


@blueprint.function_name("consented_microsoft")
@blueprint.route("authorize/microsoft/consent", methods=["GET"])
def consented_microsoft(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.microsoft import consented, consented_at_desk
    from shared.web.azure import answer

    return answer(req, public=consented, admin=consented_at_desk)


@blueprint.function_name("signed_in_microsoft")
@blueprint.route("authorize/microsoft/signin", methods=["GET"])
def signed_in_microsoft(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.microsoft import signed_in, signed_in_at_desk
    from shared.web.azure import answer

    return answer(req, public=signed_in, admin=signed_in_at_desk)


@blueprint.function_name("authorized")
@blueprint.route("authorized", methods=["GET"])
def authorized(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.microsoft import authorized
    from shared.web.azure import answer

    return answer(req, admin=authorized)


# Hand-over links


@blueprint.function_name("handover_make")
@blueprint.route("authorize/handover", methods=["POST"])
def handover_make(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.handover import make
    from shared.web.azure import answer

    return answer(req, admin=make)


@blueprint.function_name("handover_link")
@blueprint.route("handover/{organization}/{token}", methods=["GET", "POST"])
def handover_link(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.handover import redeem, show
    from shared.web.azure import answer

    return answer(req, public=redeem if req.method == "POST" else show)


@blueprint.function_name("handover")
@blueprint.route("handover", methods=["GET"])
def handover(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.handover import errand
    from shared.web.azure import answer

    return answer(req, public=errand)


@blueprint.function_name("handover_start")
@blueprint.route("handover/start", methods=["POST"])
def handover_start(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.handover import start
    from shared.web.azure import answer

    return answer(req, public=start)


@blueprint.function_name("handover_done")
@blueprint.route("handover/done", methods=["GET"])
def handover_done(req: func.HttpRequest) -> func.HttpResponse:
    from functions.authorize_callback.handover import done
    from shared.web.azure import answer

    return answer(req, public=done)

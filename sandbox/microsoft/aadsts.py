"""What Entra refuses, by its numbers.

Source: page "Microsoft Entra authentication and authorization error codes"; texts as they are met
in public issues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.microsoft.apps import App
from sandbox.microsoft.state import Tenant, User


@dataclass
class LoginError(Exception):
    """An `AADSTS` error: JSON at the token endpoint, a page of Entra's own in a browser."""

    status: int
    error: str
    number: int
    message: str


@dataclass
class SentBack(Exception):
    """The browser goes back to the app, with what went wrong in the address."""

    error: str
    number: int
    message: str


def unknown_tenant(name: str, error: str) -> LoginError:
    return LoginError(
        400,
        error,
        90002,
        f"Tenant '{name}' not found. Check to make sure you have the "
        "correct tenant ID and are signing into the correct cloud. Check with your "
        "subscription administrator, this may happen if there are no active subscriptions "
        "for the tenant.",
    )


def other_cloud() -> LoginError:
    message = "Confidential Client is not supported in Cross Cloud request."
    return LoginError(400, "invalid_request", 900382, message)


def unknown_app(client_id: str, tenant: Tenant) -> LoginError:
    return LoginError(
        400,
        "unauthorized_client",
        700016,
        f"Application with identifier '{client_id}' was not found in the directory "
        f"'{tenant.name}'. This can happen if the application has not been installed by the "
        "administrator of the tenant or consented to by any user in the tenant. You may have "
        "sent your authentication request to the wrong tenant.",
    )


def no_service_principal(client_id: str, tenant: Tenant) -> LoginError:
    return LoginError(
        401,
        "invalid_client",
        7000229,
        f"The client application {client_id} is missing service principal in the "
        f"tenant {tenant.tenant_id}. See instructions here: "
        "https://go.microsoft.com/fwlink/?linkid=2225119",
    )


def parameter_missing(name: str, where: str = "request body") -> LoginError:
    message = f"The {where} must contain the following parameter: '{name}'."
    return LoginError(400, "invalid_request", 900144, message)


def parameter_doubled(name: str) -> LoginError:
    message = f"The request is not properly formatted. The parameter '{name}' is duplicated."
    return LoginError(400, "invalid_request", 9000411, message)


def wrong_redirect(uri: str, app: App) -> LoginError:
    return LoginError(
        400,
        "invalid_request",
        50011,
        f"The redirect URI '{uri}' specified in the request does not match the redirect URIs "
        f"configured for the application '{app.client_id}'. Make sure the redirect URI sent in "
        "the request matches one added to your application in the Azure portal. Navigate to "
        "https://aka.ms/redirectUriMismatchError to learn more about how to fix this.",
    )


def stranger(user: User, home: Tenant, tenant: Tenant, app: App) -> LoginError:
    return LoginError(
        400,
        "access_denied",
        50020,
        f"User account '{user.mail}' from identity provider "
        f"'https://sts.windows.net/{home.tenant_id}/' does not exist in tenant '{tenant.name}' "
        f"and cannot access the application '{app.client_id}'({app.name}) in that tenant. The "
        "account needs to be added as an external user in the tenant first. Sign out and sign in "
        "again with a different Azure Active Directory user account.",
    )


def disabled() -> LoginError:
    return LoginError(400, "access_denied", 50057, "The user account is disabled.")


def declined(error: str = "access_denied") -> SentBack:
    return SentBack(error, 65004, "User declined to consent to access the app.")


def admin_needed(error: str, app: App) -> SentBack:
    if error == "access_denied":
        return declined()
    return SentBack(
        error,
        90094,
        f"{app.name} needs permission to access resources in your organization that only an "
        "admin can grant. Please ask an admin to grant permission to this app before you can "
        "use it.",
    )


def refused_grant(number: int, message: str) -> LoginError:
    return LoginError(400, "invalid_grant", number, message)


def in_words(number: int, message: str, facts: Mapping[str, str]) -> str:
    """The text of an error with Entra's own numbers of it."""
    return (
        f"AADSTS{number}: {message} Trace ID: {facts['trace_id']} "
        f"Correlation ID: {facts['correlation_id']} Timestamp: {facts['timestamp']}"
    )

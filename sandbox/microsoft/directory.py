"""People, the organization, the tenant's group settings, and who is in which group.

Sources: pages "List users", "Get user", "Get organization", "List groupSettings",
"checkMemberGroups".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.kit import Response
from sandbox.microsoft.api import Context, Route, reading
from sandbox.microsoft.errors import bad_request, missing
from sandbox.microsoft.paging import page, selected
from sandbox.microsoft.permissions import READS_WHOLE_USERS, suffice
from sandbox.microsoft.state import Tenant, User

TEMPLATE_ID = "62375ab9-6b52-47ed-826b-58e47e0e304b"
SETTINGS_ID = "84af2ca5-c274-41bf-86e4-6e374ec4def6"
DEFAULT_SETTINGS = {
    "NewUnifiedGroupWritebackDefault": "true",
    "EnableMIPLabels": "false",
    "CustomBlockedWordsList": "",
    "EnableMSStandardBlockedWords": "false",
    "ClassificationDescriptions": "",
    "DefaultClassification": "",
    "PrefixSuffixNamingRequirement": "",
    "AllowGuestsToBeGroupOwner": "false",
    "AllowGuestsToAccessGroups": "true",
    "GuestUsageGuidelinesUrl": "",
    "GroupCreationAllowedGroupId": "",
    "AllowToAddGuests": "true",
    "UsageGuidelinesUrl": "",
    "ClassificationList": "",
    "EnableGroupCreation": "true",
}

USER_SHOW: dict[str, Any] = {
    "id": lambda u: u.object_id,
    "businessPhones": lambda u: [],
    "displayName": lambda u: u.display_name,
    "givenName": lambda u: u.display_name.partition(" ")[0],
    "jobTitle": lambda u: None,
    "mail": lambda u: u.mail,
    "mobilePhone": lambda u: None,
    "officeLocation": lambda u: None,
    "preferredLanguage": lambda u: None,
    "surname": lambda u: u.display_name.rpartition(" ")[2],
    "userPrincipalName": lambda u: u.principal or u.mail,
    "accountEnabled": lambda u: u.enabled,
    "userType": lambda u: u.user_type,
}
USER_DEFAULT = tuple(USER_SHOW)[:11]
_ORGANIZATION_BASICS = {"id", "displayName", "verifiedDomains"}
_BASIC = {"id", "displayName", "givenName", "surname", "mail", "userPrincipalName"}


def user_json(user: User, names: Iterable[str], ctx: Context) -> dict[str, Any]:
    """With less than User.Read.All the id always shows, the basics if those are permitted."""
    held = ctx.grant.permissions
    if not READS_WHOLE_USERS.isdisjoint(held):
        return {name: USER_SHOW[name](user) for name in names}
    readable = _BASIC if "User.ReadBasic.All" in held else {"id"}
    return {name: USER_SHOW[name](user) if name in readable else None for name in names}


def list_users(ctx: Context) -> Response:
    if ctx.request.arg("$skip") is not None:
        raise bad_request("'$skip' is not supported by the service.")
    names = selected(ctx.request, USER_SHOW, USER_DEFAULT, "user")
    users = ctx.tenant.users.values()
    return page(ctx, users, lambda u: user_json(u, names, ctx), "users", count=len(users))


def get_user(ctx: Context) -> Response:
    names = selected(ctx.request, USER_SHOW, USER_DEFAULT, "user")
    context = f"{ctx.request.base_url}/v1.0/$metadata#users/$entity"
    return Response(200, {"@odata.context": context, **user_json(_user(ctx), names, ctx)})


def check_member_groups(ctx: Context) -> Response:
    """Which of at most 20 groups the person is in, through other groups too."""
    user, asked = _user(ctx), ctx.body().get("groupIds")
    if not isinstance(asked, list) or not asked or not all(isinstance(a, str) for a in asked):
        raise bad_request("Invalid value specified for property 'groupIds' of resource 'User'.")
    if len(asked) > 20:
        raise bad_request("The number of group ids exceeds the maximum of 20.")
    held = [key for key in asked if _contains(ctx.tenant, key.lower(), user.object_id)]
    context = f"{ctx.request.base_url}/v1.0/$metadata#Collection(Edm.String)"
    return Response(200, {"@odata.context": context, "value": held})


def organization(ctx: Context) -> Response:
    whole = _organization_json(ctx.tenant)
    names = selected(ctx.request, whole, tuple(whole), "organization")
    hidden = whole.keys() - _ORGANIZATION_BASICS if _sees_basics_only(ctx) else set[str]()
    lists: list[Any] | None = [] if ctx.world.switches.organization_detail == "empty" else None
    unsaid = {name: lists if isinstance(whole[name], list) else None for name in hidden}
    shown = {name: (whole | unsaid)[name] for name in names}
    context = f"{ctx.request.base_url}/v1.0/$metadata#organization"
    return Response(200, {"@odata.context": context, "value": [shown]})


def _organization_json(tenant: Tenant) -> dict[str, Any]:
    domain = {"name": tenant.domain, "isDefault": True, "isInitial": True, "type": "Managed"}
    return {
        "id": tenant.tenant_id,
        "displayName": tenant.name,
        "tenantType": "AAD",
        "countryLetterCode": "SE",
        "verifiedDomains": [domain],
        "assignedPlans": [_plan_json(service, status) for service, status in tenant.plans],
    }


def _plan_json(service: str, status: str) -> dict[str, str]:
    return {
        "assignedDateTime": "2024-02-29T09:00:00Z",
        "capabilityStatus": status,
        "service": service,
        "servicePlanId": str(uuid5(NAMESPACE_URL, f"{service} {status}")),
    }


def _sees_basics_only(ctx: Context) -> bool:
    may_all = suffice("organization.all", ctx.grant.permissions, ctx.world.switches)
    return ctx.world.switches.organization_detail != "all" and not may_all


def group_settings(ctx: Context) -> Response:
    """An empty list means that every setting has its default."""
    chosen = ctx.tenant.group_settings
    values = [{"name": k, "value": v} for k, v in {**DEFAULT_SETTINGS, **chosen}.items()]
    setting = {
        "id": SETTINGS_ID,
        "displayName": "Group.Unified",
        "templateId": TEMPLATE_ID,
        "values": values,
    }
    context = f"{ctx.request.base_url}/v1.0/$metadata#groupSettings"
    return Response(200, {"@odata.context": context, "value": [setting] if chosen else []})


def _user(ctx: Context) -> User:
    """By object id or by user principal name."""
    key = ctx.request.params["id"].lower()
    user = ctx.tenant.users.get(key)
    if user is None and "@" in key:
        names = ((u.principal or u.mail, u) for u in ctx.tenant.users.values())
        user = next((u for name, u in names if name.lower() == key), None)
    if user is None or ctx.now < user.known_from:
        raise missing(ctx.request.params["id"])
    return user


def _contains(tenant: Tenant, group_id: str, object_id: str) -> bool:
    reached, waiting = {group_id}, [group_id]
    while waiting:
        key = waiting.pop()
        if key in tenant.groups and tenant.groups[key].deleted is None:
            if object_id in tenant.groups[key].rosters["members"]:
                return True
            continue
        nested = tenant.security_groups[key].members if key in tenant.security_groups else []
        if object_id in nested:
            return True
        waiting += [n for n in nested if n not in reached]
        reached.update(nested)
    return False


ROUTES: list[Route] = [
    reading("/users", list_users, "user.read", units=2),
    reading("/users/{id}", get_user, "user.read"),
    reading("/organization", organization, "organization.read"),
    reading("/groupSettings", group_settings, "settings.read"),
    # A POST costs a write whatever it does, by the rule for unlisted calls.
    Route(
        "POST",
        "/v1.0/users/{id}/checkMemberGroups",
        check_member_groups,
        "memberOf.check",
        writes=1,
    ),
]

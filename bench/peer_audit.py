"""The peer: the same audit as it is usually written, with msgraph-sdk's models and dictionaries.

It runs in an environment of its own (bench/sdks.txt) and knows nothing of ours. It is as correct
as such a script is on a good day: pages are followed, and everybody gets a class.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter
from typing import Any

from bench import usage

EXTENSION = "urn:scim:schemas:extension:cisco:webexidentity:2.0:User"
ORG = "11111111-1111-4111-8111-111111111111"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


async def accounts(url: str) -> list[Any]:
    from kiota_abstractions.authentication import AnonymousAuthenticationProvider
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph import GraphRequestAdapter, GraphServiceClient
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder

    adapter = GraphRequestAdapter(AnonymousAuthenticationProvider())
    adapter.base_url = f"{url}/v1.0"
    client = GraphServiceClient(request_adapter=adapter)
    parameters = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        select=["id", "userPrincipalName", "mail", "accountEnabled", "userType"], top=999
    )
    page = await client.users.get(
        request_configuration=RequestConfiguration(query_parameters=parameters)
    )
    found: list[Any] = []
    while page is not None:
        found += page.value or []
        if not page.odata_next_link:
            break
        page = await client.users.with_url(page.odata_next_link).get()
    return found


def users(url: str) -> list[dict[str, Any]]:
    import requests

    found: list[dict[str, Any]] = []
    with requests.Session() as session:
        while True:
            page = session.get(
                f"{url}/identity/scim/{ORG}/v2/Users",
                params={"startIndex": len(found) + 1, "count": 1000},
                timeout=30,
            ).json()
            found += page["Resources"]
            if not page["Resources"] or len(found) >= page["totalResults"]:
                return found


def classify(people: list[dict[str, Any]], known: list[Any]) -> Counter[str]:
    by_id = {account.id.lower(): account for account in known}
    by_name = {(account.user_principal_name or "").lower(): account for account in known}
    claims = Counter(found.group().lower() for p in people if (found := _guid(p)))
    return Counter(_class(person, by_id, by_name, claims) for person in people)


def _guid(person: dict[str, Any]) -> re.Match[str] | None:
    return GUID.search(person.get("externalId") or "")


def _class(
    person: dict[str, Any], by_id: dict[str, Any], by_name: dict[str, Any], claims: Counter[str]
) -> str:
    external, found = person.get("externalId") or "", _guid(person)
    if person.get("userType", "user") != "user":
        return "not_a_person"
    if not external or found is None:
        return "not_a_guid" if external else "missing"
    if claims[found.group().lower()] > 1:
        return "duplicate"
    account = by_id.get(found.group().lower())
    if account is None:
        return "wrong_object_id" if person["userName"].lower() in by_name else "not_in_tenant"
    return _known(person, account, bare=found.group() == external)


def _known(person: dict[str, Any], account: Any, *, bare: bool) -> str:
    if account.user_type == "Guest" or not account.account_enabled:
        return "guest" if account.user_type == "Guest" else "disabled"
    if not bare:
        return "prefixed"
    active = person.get(EXTENSION, {}).get("accountStatus") == "active"
    return "matched" if active else "not_active"


def main(url: str) -> None:
    import msgraph  # noqa: F401 - what it takes to import is not the audit's

    began = time.process_time_ns()
    counts = classify(users(url), asyncio.run(accounts(url)))
    cpu = (time.process_time_ns() - began) / 1e9
    memory = usage.peak_memory()
    print(json.dumps({"counts": dict(counts), "cpu": cpu, "memory": memory}))


if __name__ == "__main__":
    main(sys.argv[1])

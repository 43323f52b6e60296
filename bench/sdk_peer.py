"""The peer with both providers' own libraries, written as their pages show it: one call a person.

https://webexpythonsdk.readthedocs.io/en/latest/user/quickstart.html
https://learn.microsoft.com/graph/api/group-post-members (the example in Python)

Both libraries wait out 429 by themselves. External ID is in neither: that is asked of SCIM plainly.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import requests
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.models.group import Group
from msgraph.generated.models.reference_create import ReferenceCreate
from webexpythonsdk import WebexAPI

from bench.peer import Account, Peer, nickname, uuid_of


class Credential:
    """In the place of azure.identity's, which insists on https and on Microsoft's own names."""

    def __init__(self, account: Account) -> None:
        self._peer = Peer(requests.Session(), account, time.sleep)
        self._token: Any = None

    def get_token(self, *scopes: str, **options: Any) -> Any:
        from azure.core.credentials import AccessToken

        if self._token is None:
            header = self._peer.sign_in()["Authorization"]
            self._token = AccessToken(header.partition(" ")[2], round(time.time()) + 3000)
        return self._token

    def close(self) -> None:
        pass


class SdkPeer:
    """Same rules as Peer, but by the libraries."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._plain = Peer(requests.Session(), account, time.sleep)
        self._webex = WebexAPI(access_token=account.spaces_token, base_url=f"{account.webex}/v1/")

    def sync_new_team(self, room_id: str) -> str:
        return asyncio.run(self._sync_new(room_id))

    def sync_team(self, room_id: str) -> str:
        return asyncio.run(self._sync_known(room_id))

    def _graph(self) -> Any:
        provider = AzureIdentityAuthenticationProvider(Credential(self.account))
        adapter = GraphRequestAdapter(provider)
        adapter.base_url = self.account.graph
        return GraphServiceClient(request_adapter=adapter)

    def _people(self, room_id: str) -> Mapping[str, str]:
        people = [m.personId for m in self._webex.memberships.list(roomId=room_id, max=1000)]
        found = [(person, self._plain.object_id(person)) for person in people]
        return {person: object_id for person, object_id in found if object_id}

    async def _sync_new(self, room_id: str) -> str:
        room, graph = self._webex.rooms.get(room_id), self._graph()
        object_ids = self._people(room_id)
        group = await graph.groups.post(
            Group(
                display_name=room.title,
                mail_nickname=nickname(uuid_of(room.id)),
                group_types=["Unified"],
                mail_enabled=True,
                security_enabled=False,
                visibility="Private",
                additional_data={
                    "owners@odata.bind": [
                        f"{self.account.graph}/users/{object_ids[room.creatorId]}"
                    ]
                },
            )
        )
        for object_id in object_ids.values():
            await self._add(graph, group.id, object_id)
        return str(group.id)

    async def _sync_known(self, room_id: str) -> str:
        room, graph = self._webex.rooms.get(room_id), self._graph()
        wanted = set(self._people(room_id).values())
        query = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(
            filter=f"mailNickname eq '{nickname(uuid_of(room.id))}'", select=["id"]
        )
        found = await graph.groups.get(
            request_configuration=GroupsRequestBuilder.GroupsRequestBuilderGetRequestConfiguration(
                query_parameters=query
            )
        )
        group = found.value[0].id
        there = await self._in_group(graph, group)
        for object_id in wanted - there:
            await self._add(graph, group, object_id)
        for object_id in there - wanted:
            member = graph.groups.by_group_id(group).members.by_directory_object_id(object_id)
            await member.ref.delete()
        return str(group)

    async def _add(self, graph: Any, group: str, object_id: str) -> None:
        reference = ReferenceCreate(odata_id=f"{self.account.graph}/directoryObjects/{object_id}")
        await graph.groups.by_group_id(group).members.ref.post(reference)

    async def _in_group(self, graph: Any, group: str) -> set[str]:
        members = graph.groups.by_group_id(group).members
        found: set[str] = set()
        page = await members.get()
        while page is not None:
            found |= {m.id for m in page.value or []}
            if not page.odata_next_link:
                break
            page = await members.with_url(page.odata_next_link).get()
        return found

"""/v1/teams and /v1/team/memberships.

Source: https://developer.webex.com/docs/api/v1/teams and /team-memberships. Whether an officer
who is not in a team may use /team/memberships is open: two switches, off by default.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from sandbox.kit import Request, Response
from sandbox.webex.actions import Actions
from sandbox.webex.bodies import body_of, flag, optional_text, person_in, text
from sandbox.webex.core import Core
from sandbox.webex.errors import BadRequest, Forbidden, NotFound
from sandbox.webex.ids import decode, encode, key_of
from sandbox.webex.paging import Cursor, max_of, paged, sliced
from sandbox.webex.state import Membership, Team
from sandbox.webex.times import iso
from sandbox.webex.tokens import Caller


class TeamsApi:
    def __init__(self, core: Core, actions: Actions) -> None:
        self.core = core
        self.actions = actions

    def view(self, team: Team) -> dict[str, Any]:
        seen = {"id": team.id, "name": team.name, "created": iso(team.created)}
        if team.description:
            seen["description"] = team.description
        if self.core.switches.team_creator_id:
            seen["creatorId"] = encode("PEOPLE", team.creator_uuid)
        return seen

    def find(self, team_id: object) -> Team:
        team = self.core.world.teams.get(key_of(team_id, "TEAM"))
        if not team or (team.general.migrated and team_id != team.id):
            raise NotFound("Could not find a team with provided ID.")
        return team

    def search(self, caller: Caller, request: Request) -> Response:
        """The caller's own teams, also for an officer."""
        caller.need("teams", "read")
        world = self.core.world
        rooms = world.rooms_with(caller.person.uuid)
        teams = [world.teams[room.uuid] for room in rooms if room.is_general]
        page, after, cursor = sliced(request, teams, max_of(request, 100, 1000))
        items = [self.view(team) for team in page]
        return paged(request, items, after, cursor, empty_pages=self.core.switches.empty_pages)

    def get(self, caller: Caller, request: Request) -> Response:
        caller.need("teams", "read")
        team = self.find(request.params["id"])
        own = caller.personal("teams", "read") and caller.is_in(team.general)
        if not own and not caller.officer_of(team.general, "teams", "read"):
            raise NotFound
        return Response(200, self.view(team))

    def create(self, caller: Caller, request: Request) -> Response:
        caller.need_personal("teams", "write")
        body = body_of(request)
        description = optional_text(body, "description")
        team = self.actions.create_team(caller.person, text(body, "name"), description)
        return Response(200, self.view(team))

    def update(self, caller: Caller, request: Request) -> Response:
        team = self._moderated(caller, request)
        body = body_of(request)
        name = text(body, "name")
        team.description = optional_text(body, "description", team.description)
        self.actions.rename_team(team, name, caller.person)
        return Response(200, self.view(team))

    def delete(self, caller: Caller, request: Request) -> Response:
        self.actions.delete_team(self._moderated(caller, request), caller.person)
        return Response(204)

    def _moderated(self, caller: Caller, request: Request) -> Team:
        caller.need_personal("teams", "write")
        team = self.find(request.params["id"])
        member = self.core.world.member(team.uuid, caller.person.uuid)
        if not member:
            raise NotFound
        if not member.is_moderator:
            raise Forbidden("Only a moderator of the team can do this.")
        return team


class TeamMembershipsApi:
    def __init__(self, core: Core, actions: Actions, teams: TeamsApi) -> None:
        self.core = core
        self.actions = actions
        self.teams = teams

    def view(self, team: Team, member: Membership) -> dict[str, Any]:
        person = member.person
        return {
            "id": encode("TEAM_MEMBERSHIP", member.key, team.cluster),
            "teamId": team.id,
            "personId": person.id,
            "personEmail": person.email,
            "personDisplayName": person.name,
            "personOrgId": person.org_id,
            "isModerator": member.is_moderator,
            "created": iso(member.created),
        }

    def search(self, caller: Caller, request: Request) -> Response:
        caller.need("team_memberships", "read")
        if request.arg("teamId") is None:
            raise BadRequest("teamId is required.")
        team = self.teams.find(request.arg("teamId"))
        self._may_read(caller, team)
        limit = max_of(request, 100, self.core.switches.membership_page_cap)
        cursor = Cursor.of(request)
        members = self.core.world.members(team.uuid)
        start = bisect_right(members, cursor.position, key=_seq) if cursor else 0
        page = members[start : start + limit]
        items = [self.view(team, member) for member in page]
        after = page[-1].seq if start + limit < len(members) else None
        return paged(request, items, after, cursor, empty_pages=self.core.switches.empty_pages)

    def _may_read(self, caller: Caller, team: Team) -> None:
        if caller.personal("team_memberships", "read") and caller.is_in(team.general):
            return
        officer = caller.officer_of(team.general, "team_memberships", "read")
        if not officer or not (
            self.core.switches.co_reads_team_memberships or caller.is_in(team.general)
        ):
            raise Forbidden

    def _may_write(self, caller: Caller, team: Team) -> None:
        member = self.core.world.member(team.uuid, caller.person.uuid)
        if caller.personal("team_memberships", "write") and member and member.is_moderator:
            return
        officer = caller.officer_of(team.general, "team_memberships", "write")
        if not officer or not (self.core.switches.co_writes_team_memberships or member):
            raise Forbidden

    def _named(self, request: Request) -> tuple[Team, Membership]:
        ref = decode(request.params["id"])
        key = ref.key if ref and ref.kind == "TEAM_MEMBERSHIP" else ""
        person_uuid, _, team_uuid = key.partition(":")
        member = self.core.world.member(team_uuid, person_uuid)
        team = self.core.world.teams.get(team_uuid)
        if not ref or not member or not team:
            raise NotFound
        if self.core.switches.membership_ids_in_one_form and ref.cluster != team.cluster:
            raise NotFound
        return team, member

    def get(self, caller: Caller, request: Request) -> Response:
        caller.need("team_memberships", "read")
        team, member = self._named(request)
        self._may_read(caller, team)
        return Response(200, self.view(team, member))

    def create(self, caller: Caller, request: Request) -> Response:
        caller.need("team_memberships", "write")
        body = body_of(request)
        team = self.teams.find(text(body, "teamId"))
        self._may_write(caller, team)
        member = self.actions.join(
            team.general,
            person_in(self.core, body),
            actor=caller.person,
            is_moderator=flag(body, "isModerator", False),
            by_team_api=True,
        )
        return Response(200, self.view(team, member))

    def update(self, caller: Caller, request: Request) -> Response:
        caller.need("team_memberships", "write")
        team, member = self._named(request)
        on = flag(body_of(request), "isModerator")
        self._may_write(caller, team)
        self.actions.moderate(team.general, member, on, actor=caller.person, by_team_api=True)
        return Response(200, self.view(team, member))

    def delete(self, caller: Caller, request: Request) -> Response:
        caller.need("team_memberships", "write")
        team, member = self._named(request)
        if member.person_uuid != caller.person.uuid:
            self._may_write(caller, team)
        self.actions.leave(team.general, member, actor=caller.person, by_team_api=True)
        return Response(204)


def _seq(member: Membership) -> int:
    return member.seq

"""The truth: tenants, people, groups, apps. Readable by tests; HTTP sees it through the lag."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import quote

from sandbox.clock import Clock
from sandbox.microsoft.apps import App, Code, Consent, Grant
from sandbox.microsoft.library import DriveItem, Library
from sandbox.microsoft.national import NationalCloud
from sandbox.microsoft.switches import Switches
from sandbox.microsoft.timeline import Journal, Roster, Versions

Kind = Literal["members", "owners"]
KINDS: tuple[Kind, Kind] = ("owners", "members")

PLANS = (
    # What was cancelled stays on the list.
    ("exchange", "Deleted"),
    ("exchange", "Enabled"),
    ("SharePoint", "Enabled"),
    ("MicrosoftCommunicationsOnline", "Enabled"),
)


class Ids:
    """Identifiers from a seed, apart from the clouds' own randomness, so faults move no id."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(f"ids {seed}")

    def reseed(self, seed: str) -> None:
        self._random.seed(f"ids {seed}")

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, digits: int) -> str:
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"


@dataclass
class User:
    object_id: str
    display_name: str
    mail: str
    enabled: bool = True
    user_type: str = "Member"
    roles: list[str] = field(default_factory=list)
    """Template ids of directory roles (`roles.py`)."""
    principal: str = ""
    """The user principal name, where it is not the address."""
    known_from: float = 0.0
    """Before this moment Graph does not know the account that it made."""


@dataclass(frozen=True)
class Profile:
    """The properties of a group that may be edited; `EDITABLE` in `bodies.py` has Graph's names."""

    display_name: str
    mail_nickname: str
    description: str | None = None
    visibility: str = "Public"


@dataclass(eq=False)
class Group:
    """A Microsoft 365 group.

    Test code may `add` and `drop` people, as another administrator would; `members` and `owners`
    are copies. `created` and `deleted` are seconds since the epoch. `journal` is the tenant's.
    """

    id: str
    created: float
    clock: Clock
    profile: Versions[Profile]
    site_url: str
    drive_id: str
    drive_ready_at: float | None
    unique_name: str | None = None
    resource_behavior_options: list[str] = field(default_factory=list)
    deleted: float | None = None
    rosters: dict[str, Roster] = field(default_factory=lambda: _rosters((), ()))
    journal: Journal = field(default_factory=Journal)
    library: Library = field(default_factory=Library)

    @property
    def display_name(self) -> str:
        return self.profile.value.display_name

    @property
    def mail_nickname(self) -> str:
        return self.profile.value.mail_nickname

    @property
    def description(self) -> str | None:
        return self.profile.value.description

    @property
    def visibility(self) -> str:
        return self.profile.value.visibility

    @property
    def members(self) -> list[str]:
        return list(self.rosters["members"])

    @property
    def owners(self) -> list[str]:
        return list(self.rosters["owners"])

    @property
    def web_url(self) -> str:
        """The drive's address, which is what gets linked; `site_url` is the site's."""
        return f"{self.site_url}/Shared%20Documents"

    def address_of(self, item: DriveItem) -> str:
        """Of something in the library, by where it lies."""
        parent = self.library.items.get(item.parent)
        above = self.address_of(parent) if parent else self.web_url
        return f"{above}/{quote(item.name)}"

    def add(self, kind: Kind, *object_ids: str) -> None:
        """Who is there already stays."""
        for object_id in object_ids:
            if object_id not in self.rosters[kind]:
                self.rosters[kind].add(object_id, self.clock.now())
                self.note(kind, object_id, added=True)

    def drop(self, kind: Kind, *object_ids: str) -> None:
        """Raises KeyError for somebody absent."""
        for object_id in object_ids:
            self.rosters[kind].drop(object_id, self.clock.now())
            self.note(kind, object_id)

    def note(self, what: str, person: str = "", *, added: bool = False) -> None:
        """Into the journal, for delta to tell."""
        self.journal.write(self.clock.now(), self.id, what, person, added)

    def exists_at(self, moment: float) -> bool:
        return self.created <= moment and (self.deleted is None or self.deleted > moment)


@dataclass
class SecurityGroup:
    """Only good for holding users and other groups, e.g. as GroupCreationAllowedGroupId."""

    id: str
    display_name: str
    members: list[str]


@dataclass(eq=False)
class Tenant:
    """One Entra directory.

    `write_count` is the directory writes evaluated since the start; one addressed to the nil uuid
    can change nothing and is left out. `plans` are services with their status, as of licences; a
    service may stand there more than once. `cloud` is the national cloud that it lives in.
    `mailed` are the addresses that invitations were sent to, one for each mail. `delta_epoch` is
    in every delta token: one of another epoch is worth nothing.
    """

    name: str
    tenant_id: str
    domain: str
    clock: Clock
    ids: Ids
    switches: Switches
    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    security_groups: dict[str, SecurityGroup] = field(default_factory=dict)
    group_settings: dict[str, str] = field(default_factory=dict)
    plans: list[tuple[str, str]] = field(default_factory=lambda: list(PLANS))
    cloud: NationalCloud = "global"
    write_count: int = 0
    mailed: list[str] = field(default_factory=list)
    journal: Journal = field(default_factory=Journal)
    delta_epoch: int = 0
    seen_users: dict[str, dict[str, tuple[Any, ...]]] = field(default_factory=dict)
    """The users as the readers of their changes know them, by what their tokens say."""
    _by_unique_name: dict[str, list[Group]] = field(default_factory=dict)
    _by_nickname: dict[str, Group] = field(default_factory=dict)
    _by_drive: dict[str, Group] = field(default_factory=dict)

    def add_user(
        self,
        display_name: str,
        object_id: str | None = None,
        mail: str | None = None,
        enabled: bool = True,
        user_type: str = "Member",
        roles: Iterable[str] = (),
    ) -> User:
        address = mail or f"{re.sub(r'[^a-z0-9]+', '.', display_name.lower())}@{self.domain}"
        key = (object_id or self.ids.uuid()).lower()
        self.users[key] = User(key, display_name, address, enabled, user_type, list(roles))
        return self.users[key]

    def remove_user(self, object_id: str) -> None:
        """Deletes a person from the directory, and so from every group."""
        del self.users[object_id]
        for group in self.groups.values():
            for kind in KINDS:
                if object_id in group.rosters[kind]:
                    group.drop(kind, object_id)

    def disable_user(self, object_id: str) -> None:
        """Blocks the account from signing in, as an administrator does. Its groups keep it."""
        self.users[object_id].enabled = False

    def enable_user(self, object_id: str) -> None:
        self.users[object_id].enabled = True

    def add_guest(self, display_name: str, mail: str) -> User:
        """Somebody of another organization, known to Graph as late as the switch says."""
        guest = self.add_user(display_name, mail=mail, user_type="Guest")
        guest.principal = f"{mail.replace('@', '_')}#EXT#@{self.domain}"
        guest.known_from = self.clock.now() + self.switches.guest_delay_seconds
        return guest

    def user_of(self, mail: str) -> User | None:
        """By address, guests too."""
        wanted = mail.lower()
        return next((u for u in self.users.values() if u.mail.lower() == wanted), None)

    def reset_delta(self) -> None:
        """Maintenance: no delta token from before is worth anything (page "Use delta query")."""
        self.delta_epoch += 1

    def add_security_group(self, name: str, members: Iterable[str] = ()) -> str:
        key = self.ids.uuid()
        self.security_groups[key] = SecurityGroup(key, name, list(members))
        return key

    def add_group(
        self,
        display_name: str,
        mail_nickname: str,
        *,
        owners: Iterable[str] = (),
        members: Iterable[str] = (),
        unique_name: str | None = None,
        description: str | None = None,
        visibility: str = "Public",
        resource_behavior_options: Iterable[str] = (),
        group_id: str | None = None,
    ) -> Group:
        """Creates without any check; HTTP and tests' own arrangements both end here."""
        now, key = self.clock.now(), group_id or self.ids.uuid()
        owned = list(owners)
        group = Group(
            id=key,
            created=now,
            clock=self.clock,
            profile=Versions(Profile(display_name, mail_nickname, description, visibility)),
            site_url=self.site_url(mail_nickname),
            drive_id="b!" + self.ids.hex(48),
            drive_ready_at=self._drive_due(now, owned),
            unique_name=unique_name,
            resource_behavior_options=list(resource_behavior_options),
            rosters=_rosters(members, owned),
            journal=self.journal,
        )
        self.enlist(group)
        group.note("created")
        return group

    def enlist(self, group: Group) -> None:
        """Files a group under its keys."""
        self.groups[group.id] = group
        self._by_drive[group.drive_id] = group
        if group.unique_name:
            self._by_unique_name.setdefault(group.unique_name, []).append(group)
        if group.deleted is None:
            self._by_nickname[group.mail_nickname.lower()] = group

    def change_group(self, group: Group, **fields: Any) -> None:
        """Sets fields of `Profile`, e.g. `display_name`."""
        if "mail_nickname" in fields:
            self._by_nickname.pop(group.mail_nickname.lower(), None)
        group.profile.set(replace(group.profile.value, **fields), self.clock.now())
        self._by_nickname[group.mail_nickname.lower()] = group
        for name in fields:
            group.note(name)

    def name_uniquely(self, group: Group, unique_name: str) -> None:
        group.unique_name = unique_name
        self._by_unique_name.setdefault(unique_name, []).append(group)

    def delete_group(self, group: Group) -> None:
        """Soft deletion: the group keeps its entry here, with the time in `deleted`."""
        group.deleted = self.clock.now()
        group.note("deleted")
        if self._by_nickname.get(group.mail_nickname.lower()) is group:
            del self._by_nickname[group.mail_nickname.lower()]

    def restore_group(self, group: Group) -> None:
        """Out of the deleted items, as an administrator does within 30 days."""
        group.deleted = None
        group.note("restored")
        self._by_nickname.setdefault(group.mail_nickname.lower(), group)

    def group_by_unique_name(self, name: str) -> Group | None:
        """The live group of that name, the oldest if a race made several."""
        return next((g for g in self._by_unique_name.get(name, ()) if g.deleted is None), None)

    def groups_named(self, unique_name: str) -> list[Group]:
        """Every group that ever bore the name, deleted ones too."""
        return list(self._by_unique_name.get(unique_name, ()))

    def group_by_nickname(self, nickname: str) -> Group | None:
        return self._by_nickname.get(nickname.lower())

    def group_by_drive(self, drive_id: str) -> Group | None:
        return self._by_drive.get(drive_id)

    def site_url(self, mail_nickname: str) -> str:
        return f"https://{self.domain.partition('.')[0]}.sharepoint.com/sites/{mail_nickname}"

    def _drive_due(self, now: float, owners: list[str]) -> float | None:
        # "Creating a group app-only without owners can result in the site not being created"
        # (page "Create group").
        if not owners or self.switches.drive_starts_on_first_read:
            return None
        return now + self.switches.drive_delay_seconds


@dataclass
class World:
    """What Graph and the login service share.

    sessions: who is signed in, by the browser's cookie: tenant and object id.
    """

    clock: Clock
    ids: Ids
    switches: Switches = field(default_factory=Switches)
    tenants: dict[str, Tenant] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    consents: dict[tuple[str, str], Consent] = field(default_factory=dict)
    tokens: dict[str, Grant] = field(default_factory=dict)
    sessions: dict[str, tuple[str, str]] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)

    def permissions_of(self, client_id: str, tenant_id: str) -> frozenset[str] | None:
        """What the app may do in the tenant now; None where the tenant does not know it."""
        consent = self.consents.get((client_id, tenant_id))
        return consent.in_force(self.clock.now()) if consent else None

    def grant(self, client_id: str, tenant_id: str, permissions: Iterable[str]) -> None:
        """Consent, in place of an earlier one; it takes as long as the switches say."""
        now, switches = self.clock.now(), self.switches
        since = now + switches.consent_delay_seconds
        self.consents[client_id, tenant_id] = Consent(
            frozenset(permissions),
            since,
            since + switches.permissions_delay_seconds,
            self.permissions_of(client_id, tenant_id),
        )


def _rosters(members: Iterable[str], owners: Iterable[str]) -> dict[str, Roster]:
    return {"members": Roster(members), "owners": Roster(owners)}

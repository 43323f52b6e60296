"""Waking teams: those that wait for what was just changed, and all of them when the switch goes on.

One cursor for it all, worked off bit by bit by the timer while the switch is On. A woken team is
looked at as a whole, whatever was put off to a later day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from shared.core import times
from shared.core.look import Look, leased
from shared.core.model import Folder, OrgSettings
from shared.core.space_folders import SpaceState
from shared.ports import Conflict, Label, Services
from shared.sync.lease import want

WAKE = "cursor:wake"
# Woken teams come at this distance, so that they do not come all at once.
_SPREAD = times.SECOND
# Rows read at once: about a second's work.
_CHUNK = 100
_RACES = 20


def _everybody(_team: Label, _settings: OrgSettings) -> bool:
    return True


# People who are listed because Microsoft did not let the app do something.
_FOR_WANT_OF_CONSENT = frozenset({"invitations_refused", "member_refused", "owner_refused"})


def _for_consent(team: Label, settings: OrgSettings) -> bool:
    waits = settings.gives_spaces_folders and SpaceState.NO_PERMISSION.value in team.spaces
    return (
        waits
        or team.reason in ("consent_missing", "permission_missing")
        or team.folder == Folder.NO_PERMISSION
        or bool(team.codes & _FOR_WANT_OF_CONSENT)
    )


def _for_sign_in(team: Label, settings: OrgSettings) -> bool:
    return (
        team.reason in ("credential_missing", "webex_forbids")
        or team.folder == Folder.REFUSED
        or _may_not_link_spaces(team, settings)
        or "webex_not_writable" in team.codes
    )


def _for_permission_to_create(team: Label, settings: OrgSettings) -> bool:
    kept_out = ("creator_may_not_create", "creator_unknown")
    return not settings.honour_creation and team.reason in kept_out


def _may_not_link_spaces(team: Label, settings: OrgSettings) -> bool:
    return settings.gives_spaces_folders and SpaceState.LINK_REFUSED.value in team.spaces


def _for_folder(team: Label, settings: OrgSettings) -> bool:
    general = settings.link_folders and team.has_group and team.folder != Folder.LINKED
    return general or _for_space_folders(team, settings)


def _for_space_folders(team: Label, settings: OrgSettings) -> bool:
    return settings.gives_spaces_folders and team.has_group


def _for_people(team: Label, _settings: OrgSettings) -> bool:
    """Whose people are followed already."""
    return team.has_group


def _for_limits(team: Label, _settings: OrgSettings) -> bool:
    return team.reason == "brake"


def _for_linker(team: Label, settings: OrgSettings) -> bool:
    general = settings.link_folders and team.folder == Folder.REFUSED
    return general or _may_not_link_spaces(team, settings)


# People who are listed for what their object id is, or is not.
_FOR_WANT_OF_IDENTITY = frozenset(
    {
        "no_object_id",
        "not_a_guid",
        "claimed_twice",
        "unknown_to_tenant",
        "name_differs",
        "not_in_directory",
    }
)


def _for_identities(team: Label, _settings: OrgSettings) -> bool:
    return team.reason == "creator_unknown" or bool(team.codes & _FOR_WANT_OF_IDENTITY)


# What was changed, and who waits for it.
_WAITING: Mapping[str, Callable[[Label, OrgSettings], bool]] = {
    "switch": _everybody,
    "consent": _for_consent,
    "sign_in": _for_sign_in,
    "honour_creation": _for_permission_to_create,
    "link_folders": _for_folder,
    "space_folders": _for_space_folders,
    "folder_linkers": _for_linker,
    "direction": _for_people,
    "limits": _for_limits,
    "guests": _everybody,
    "mark": _for_people,
    "mark_ends": _for_people,
    "delta": _for_people,
    "identities": _for_identities,
}


@contextmanager
def waking(services: Services, *changed: str) -> Iterator[None]:
    """Around a change that teams may wait for: before it, so that dying within it loses none; after
    it, since those looked at in between saw what was before.

    changed: keys of what was changed; others wake nobody.
    """
    keys = [key for key in changed if key in _WAITING]
    if keys:
        wake(services, *keys)
    yield
    if keys:
        wake(services, *keys)


def wake(services: Services, *changed: str) -> None:
    """Begin to wake who waits for it. One that is under way begins again, with this as well."""
    for _ in range(_RACES):
        kept = services.organizations.kept(WAKE)
        running = kept.state if kept and not kept.state.get("done") else None
        keys = sorted({*changed, *(_keys(running) if running is not None else ())})
        state = {"after": "", "number": 0, "began": services.now(), "changed": keys}
        try:
            services.organizations.keep(WAKE, kept, state)
        except Conflict:
            continue
        return
    raise Conflict("the cursor of waking is contended")


def wake_some(services: Services, deadline: int) -> bool:
    """Some more of the teams that are to be woken; True: all are awake.

    To be called while On. The cursor moves after the wishes were kept; a wish that comes twice
    does no harm. Raises Conflict if a waking was begun meanwhile.
    """
    kept = services.organizations.kept(WAKE)
    while kept is not None:
        if kept.state.get("done"):
            return True
        services.organizations.keep(WAKE, kept, _wake_chunk(services, kept.state))
        if services.now() >= deadline:
            return False
        kept = services.organizations.kept(WAKE)
    return True


def _wake_chunk(services: Services, state: Mapping[str, object]) -> dict[str, object]:
    teams = services.teams.labels(str(state.get("after") or ""), _CHUNK)
    number, began = _number(state.get("number")), _number(state.get("began"))
    for team in _wanted(services, _keys(state), teams, began):
        when = max(services.now(), began + number * _SPREAD)
        want(services, team.uuid, team.space_id, when=when, low=True, whole=True)
        number += 1
    if len(teams) < _CHUNK:
        return {"done": True, "number": number, "began": began}
    return {**state, "after": teams[-1].uuid, "number": number}


def _wanted(services: Services, keys: list[str], teams: list[Label], began: int) -> list[Label]:
    settings, now = services.organizations.settings(), services.now()
    looks = services.looks.among([team.uuid for team in teams])

    def waits(team: Label) -> bool:
        # A look that is under way began with what was before, and will say so when it ends; one
        # that ended since may have said so after the label was read.
        look = looks.get(team.uuid, Look(team.space_id))
        if leased(look, now) or look.last >= began:
            return True
        return any(_WAITING.get(key, _everybody)(team, settings) for key in keys)

    return [team for team in teams if team.new and waits(team)]


def _keys(state: Mapping[str, object]) -> list[str]:
    """Everybody, where the version that wrote it knew of nothing else."""
    keys = state.get("changed")
    return [str(key) for key in keys] if isinstance(keys, list) else ["switch"]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0

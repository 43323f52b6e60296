"""The group's folder, linked to the General space as its default.

Microsoft provisions the drive in seconds to minutes; Webex validates nothing on linking, so the
link is read back and compared. Who may link is disputed, so the credentials are tried in an order.
Sources: https://developer.webex.com/docs/api/v1/ecm-folder-linking,
https://learn.microsoft.com/graph/api/drive-get.
"""

from __future__ import annotations

from dataclasses import replace

from shared.core import times
from shared.core.errors import Permanent, PermissionMissing
from shared.core.model import Drive, Folder, LinkedFolder, OrgSettings
from shared.sync import pacing
from shared.sync.record import Book

_CALLS_TO_LINK = 3


def tend(state: Book, settings: OrgSettings) -> None:
    """One step towards the linked folder; what is not ready is due later. May be called again."""
    drive = state.team.drive or _find_drive(state)
    if drive is None:
        return
    folder = _link(state, settings, drive)
    again = None if folder is Folder.LINKED else state.services.now() + times.PERMANENT_PAUSE
    state.save_team(replace(state.team, folder=folder, folder_at=again))
    state.services.log("folder", team=state.team.uuid, state=folder.value)


def _find_drive(state: Book) -> Drive | None:
    team, services = state.team, state.services
    assert team.group_id is not None
    pacing.check(services, "graph")
    try:
        drive = services.groups.drive(team.group_id)
    except PermissionMissing as failure:
        services.log.failed("the group's site may not be read", failure, team=team.uuid)
        at = services.now() + times.PERMANENT_PAUSE
        state.save_team(replace(team, folder=Folder.NO_PERMISSION, folder_at=at))
        return None
    if drive is None:
        at = services.now() + step(team.folder_tries)
        tries = team.folder_tries + 1
        state.save_team(replace(team, folder=Folder.WAITING, folder_tries=tries, folder_at=at))
        return None
    state.save_team(replace(team, drive=drive))
    return drive


def step(tries: int) -> int:
    if tries < len(times.FOLDER_STEPS):
        return times.FOLDER_STEPS[tries] * times.SECOND
    return times.FOLDER_SLOW


def _link(state: Book, settings: OrgSettings, drive: Drive) -> Folder:
    for capability in settings.folder_linkers:
        try:
            return _link_as(state, settings, drive, capability)
        except Permanent as failure:
            # This account may not, or does not see the space; the next one may.
            state.services.log.failed(
                "linking refused", failure, team=state.team.uuid, capability=capability
            )
    return Folder.REFUSED


def _link_as(state: Book, settings: OrgSettings, drive: Drive, capability: str) -> Folder:
    services, team = state.services, state.team
    pacing.book(services, capability, _CALLS_TO_LINK)
    before = services.webex.linked_folders(team.space_id, capability)
    if before:
        return _judge(before, drive)
    state.held.write(
        lambda: services.webex.link_folder(
            team.space_id,
            drive,
            team.group_name,
            default=settings.default_folder,
            capability=capability,
        ),
        lambda current: current.link_folders,
    )
    return _judge(services.webex.linked_folders(team.space_id, capability), drive)


def _judge(folders: list[LinkedFolder], drive: Drive) -> Folder:
    if any((f.drive_id, f.item_id) == (drive.drive_id, drive.item_id) for f in folders):
        return Folder.LINKED
    return Folder.FOREIGN if folders else Folder.REFUSED

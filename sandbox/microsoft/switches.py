"""Everything about Microsoft that is unconfirmed, adjustable, or different between tenants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass
class Switches:
    """Mutable at run time; a change holds from the next call on.

    A default is what Microsoft's pages say. Where they contradict each other or are silent, the
    product has to stand on either side.
    """

    # Eventual consistency of app-only reads.
    read_lag_seconds: float = 0.0
    """Reads of a group's existence, properties, members, owners are this old. Writes never are."""
    read_lag_random: bool = False
    """Each read draws its age between 0 and `read_lag_seconds`, as if from another replica."""
    replication_seconds: float = 0.0
    """Writes to a group younger than this are refused as "don't exist"."""
    page_cap: int = 999
    """Pages are no longer than this, whatever was asked for."""
    page_drift: bool = False
    """Later pages of a list see later changes, instead of one moment throughout."""
    says_do_not_exist: bool = False
    """The other spelling seen in that refusal: "do not exist"."""

    # Creation and the upsert by uniqueName.
    upsert_binds: Literal["add", "refuse"] = "refuse"
    """Binds of people already present, on the 204 path: taken silently, or "already exist"."""
    upsert_blind_seconds: float = 0.0
    """Concurrent upserts are not serialised: a group younger than this is not seen by one."""
    deleted_keeps_unique_name: bool = False
    """A soft-deleted group still reserves its uniqueName."""
    post_accepts_unique_name: bool = True
    alternate_key_get: bool = True
    """`GET /groups(uniqueName='x')` works; else only `$filter` finds a group by it."""
    user_owner_required: bool = False
    """A Microsoft 365 group without a user as owner is refused at creation."""
    ownerless_site_provisioned: bool = False
    """Without an owner at creation the site comes nevertheless."""
    creation_policy_binds_apps: bool = False
    """EnableGroupCreation = False stops an app too."""
    blocked_words_bind_apps: bool = True
    policy_name_limit: int = 63
    """Longest display name under a naming policy; elsewhere 64 is said."""
    dot_in_nickname: Literal["create", "always", "never"] = "create"
    """The create page allows a dot, the update page forbids it."""

    # People.
    names_missing_object: bool = True
    """A reference that is refused names the object that is missing; else the nil uuid."""
    guest_policy_binds_apps: bool = False
    """AllowToAddGuests and AllowGuestsToBeGroupOwner stop an app too."""
    removing_absent: Literal[404, 400] = 404
    absent_names_group: bool = False
    """That 404 names the group, as if it were gone; else who is not in it. Both were seen."""
    owner_removal_takes_member: bool = False
    """Who is removed from the owners leaves the members as well: a known issue of groups with a
    team in Microsoft Teams."""
    owners_bind_in_patch: bool = False
    """`owners@odata.bind` works in a plain PATCH, which no page says."""
    members_query_is_advanced: bool = False
    """`$select` and `$top` on members need ConsistencyLevel: eventual."""
    batch_parallel_conflicts: bool = False
    """Parallel parts of one batch that write to the same group conflict: 409 for all but one."""

    # Guests.
    invitations_refused: bool = False
    """The tenant lets nobody invite, or administrators only: an app may not, whatever it holds."""
    blocked_guest_status: Literal[400, 412] = 400
    """What an invitation of a guest whose account is blocked is answered with."""
    guest_delay_seconds: float = 0.0
    """For so long Graph does not know the account that an invitation made."""

    # Changes of groups. How long a page is nobody says.
    delta_page_size: int = 100
    delta_delay_seconds: float = 0.0
    """Changes are told so much later than they are read."""
    delta_unites: bool = True
    """The changes of a group are one item; else each is one, and the group on several pages."""
    delta_replays: bool = False
    """A round tells once more what the round before it told."""
    delta_tells_changes_only: bool = False
    """A user who changed is told of by what changed alone."""
    delta_life_seconds: float = 7 * 86_400.0
    delta_expiry: Literal["410", "syncStateNotFound"] = "syncStateNotFound"
    """How a token that is too old is refused. After maintenance it is always 410."""
    delta_tracks_owners: bool = True
    """`$select=owners` is taken, as the newer page says; the older ones name members alone."""
    delta_latest_tracks_members: bool = True
    """A token that began with `$deltatoken=latest` tells of members, too. Once seen otherwise."""

    # Drive and site.
    drive_delay_seconds: float = 20.0
    drive_starts_on_first_read: bool = False
    """Provisioning begins only when somebody asks for the drive or the site."""
    drive_pending_code: Literal["ResourceNotFound", "itemNotFound"] = "ResourceNotFound"
    drive_root_permission: Literal["sites", "files"] = "sites"
    """Sites.Read.All reads a drive's root, or only Files.Read.All does."""
    conflict_behavior_in: Literal["body", "url"] = "body"
    """Where `@microsoft.graph.conflictBehavior` is read of a new folder: pages show either."""
    hash_and_percent_refused: bool = False
    """The tenant forbids # and % in names."""
    listing_lag_seconds: float = 0.0
    """A folder's listing does not show what is younger."""
    create_permission_breaks_sites: bool = False
    """Holding Group.Create beside Group.ReadWrite.All makes site calls fail."""

    # Consent and tokens.
    organization_with_user_read: bool = True
    organization_detail: Literal["all", "null", "empty"] = "all"
    """With no more than User.Read.All, what the page says of User.Read: everything but id, names
    and domains is null, or an empty list where it is a list."""
    missing_before_permission: bool = False
    """A write to a group that does not exist is 404 for an app that may not write, too."""
    consent_delay_seconds: float = 0.0
    permissions_delay_seconds: float = 0.0
    """After consent there are tokens already, but for so long without the new permissions."""
    declined_error: Literal["access_denied", "consent_required"] = "access_denied"
    """What Cancel on the consent page sends back. The page on admin consent shows the other."""
    unapproved_error: Literal["consent_required", "access_denied"] = "consent_required"
    """The same for somebody who is no administrator and returns without consent."""
    wids_in_id_token: bool = True
    """The app's manifest has groupMembershipClaims; even so only access tokens are documented."""
    sign_in_asks_consent: bool = False
    """After admin consent to application permissions, "openid profile" still asks the person."""
    no_consent_error: Literal[700016, 7000229] = 700016
    revoked_tokens_live_on: bool = True
    """Permissions are baked into a token; else a revoked app gets 403 at once."""
    graph_host: str = "graph.microsoft.com"
    """Where discovery says Graph lives; also an accepted resource in a token's scope."""

    # Quota; 0 turns a limit off.
    write_limit: float = 3000.0
    write_window_seconds: float = 150.0
    write_burst: float | None = None
    """How much of the limit may be spent at once; None is all of it."""
    bind_costs_writes: bool = False
    """Each bound reference beyond the first costs a write of its own."""
    tenant_write_limit: float = 18_000.0
    tenant_write_window_seconds: float = 300.0
    unit_limit: float = 8000.0
    unit_window_seconds: float = 10.0
    sharepoint_limit: float = 1250.0
    sharepoint_window_seconds: float = 60.0

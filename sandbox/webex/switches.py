"""What nobody has confirmed about Webex, each as a switch; the product must stand on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass
class Switches:
    """May be changed while the cloud runs; every call reads them afresh."""

    # Ids
    clusters: Literal["us", "regional", "mixed"] = "mixed"

    # Reading
    membership_page_cap: int = 500
    empty_pages: bool = False  # an empty page between any two full ones
    item_errors: float = 0.0  # share of memberships with a field missing and an `errors` object
    team_creator_id: bool = True  # the undocumented creatorId of GET /teams/{id}
    co_reads_team_memberships: bool = False  # /team/memberships of a team the officer is not in
    co_writes_team_memberships: bool = False
    event_lag_seconds: float = 3.0
    event_lag_jitter_seconds: float = 0.0  # up to so much more, so that they come out of order
    events_page_cap: int = 1000
    events_newest_first: bool = True
    pro_pack: bool = True  # events from more than 90 days ago
    roles_need_admin_scope: bool = True  # `roles` in GET /people/me
    scim_count_cap: int = 500
    scim_sorts: bool = True  # sortBy is taken; else it is refused
    scim_attributes: Literal["chosen", "core", "refused"] = "chosen"  # core: nothing of extensions,
    # nor externalId, whatever is asked for
    scim_shows_licences: bool = True  # licenseID, whose values nobody explains
    pending_people_are_active: bool = False  # SCIM `active` of somebody who has never signed in
    machine_type: Literal["bot", "person", "appuser"] = "bot"  # of a Service App in /people/me
    messaging_licence: str = "Messaging"  # its name in GET /licenses; empty: it is not listed
    people_flags_as_text: bool = True  # invitePending and loginEnabled as "true" and "false"

    # Teams and spaces
    general_title: Literal["team", "General"] = "team"
    general_title_follows: bool = False  # the General space is renamed with its team
    archived_is_read_only: bool = True  # isReadOnly of the spaces of an archived team
    membership_put_needs_hidden: bool = True  # PUT /memberships wants isRoomHidden as well
    team_spaces_need_team_members: bool = True
    # A membership is found by the very id that is told of it, not by another cluster's form.
    membership_ids_in_one_form: bool = False
    last_moderator_message: str = "The last moderator of a team cannot be removed."
    inactive_people_leave_rooms: bool = False  # of who is deactivated, not deleted

    # Webhooks
    org_rooms_webhook: Literal["fires", "silent", "refused"] = "fires"
    org_webhooks_differ_by_event: bool = False  # created and updated may stand side by side
    data_team_id: bool = False  # `teamId` in the data of a rooms delivery
    webhook_event_all: bool = True  # documented in the guide, absent from the API's own schema
    bare_org_id: bool = False  # the envelope's orgId as base64 of a bare uuid
    webex_signature: bool = True  # the newer X-Webex-Signature beside X-Spark-Signature
    webhook_delay_seconds: tuple[float, float] = (0.2, 2.0)
    webhook_retries: int = 0
    webhook_retry_seconds: float = 10.0
    retry_keeps_tracking_id: bool = True
    lose: float = 0.0  # probabilities, by the cloud's seed
    duplicate: float = 0.0
    reorder: float = 0.0

    # Linked folders
    who_may_link: Literal["participant", "compliance", "admin", "nobody"] = "participant"
    bots_may_link: bool = False
    link_scope: str = ""  # a scope to demand; empty: none
    corrected_display_names: bool = True

    # Quota and tokens
    quota: bool = True
    quota_per_minute: int = 300  # calls of one token owner
    refresh_rotates: bool = False  # a refresh answers with a new refresh token, the old one dies

    # Signing in
    unregistered_scopes: Literal["refused", "fewer"] = "refused"  # not among the integration's
    # Compliance scopes for somebody who is no officer, admin scopes for no administrator.
    scopes_beyond_role: Literal["fewer", "refused", "granted"] = "fewer"
    # `prompt` is documented; nobody says which of its values make a signed-in browser choose again.
    prompts_that_ask_again: tuple[str, ...] = ("login", "select_account", "consent")
    issuer: str = "https://idbroker-b-us.webex.com/idb"  # `iss` of an id_token; differs by region
    # A Cisco engineer met another issuer in the discovery document than in the id_token.
    discovery_issuer: str = "https://idbroker.webex.com/idb"
    service_apps_read_compliance: bool = True  # spark-compliance scopes work on a Service App

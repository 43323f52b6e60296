"""What happens to the standing of the product itself while people come and go.

A sign-in ends, or is taken back and made anew; so does the tenant's consent. An administrator
chooses another leader. Reads show nobody, or leave somebody out. The version before has left its
rows. Each seed draws for itself which of these there are, apart from everything else it draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from sandbox.webex.state import Token
from shared.admin import choices, connection, credentials
from shared.admin.connection import Consent
from shared.core.credential import Credential
from shared.core.ids import TenantId
from shared.core.model import Direction
from simulation.administrator import ADMIN
from simulation.blind import Blind
from simulation.earlier import rewrite
from simulation.universe import SCOPES, Firm, Universe

if TYPE_CHECKING:
    from shared.admin.ports import Office
    from simulation.story import Story

# Of the seeds in which an outage is not all that happens.
SHARE = 0.08
# Seconds for which nobody has noticed.
UNNOTICED = (30.0, 600.0)
BLIND = 0.1
_KINDS = (
    "token_ends",
    "sign_in_revoked",
    "app_token_ends",
    "consent_revoked",
    "another_leader",
    "version_before",
)


@dataclass(frozen=True)
class Upsets:
    """Which there are in one seed. blind: the share of reads of people that are wrong."""

    token_ends: bool = False
    sign_in_revoked: bool = False
    app_token_ends: bool = False
    consent_revoked: bool = False
    another_leader: bool = False
    version_before: bool = False
    blind: float = 0.0

    @staticmethod
    def drawn(seed: int) -> Upsets:
        draw = Random(f"upsets {seed}")
        some = {name: draw.random() < SHARE for name in _KINDS}
        return Upsets(**some, blind=BLIND if draw.random() < SHARE else 0.0)


@dataclass
class Upsetting:
    """Lets them happen. over: when the last of them was put right. under_way: how many are not."""

    universe: Universe
    story: Story
    upsets: Upsets
    over: float = 0.0
    under_way: int = 0
    _draw: Random = field(init=False)

    def __post_init__(self) -> None:
        self._draw = Random(f"upsetting {self.universe.seed}")
        upsets = self.upsets
        self.universe.chaos.blind = Blind(self._draw, upsets.blind)
        self.universe.watcher.left_out = self.universe.chaos.blind.left_out
        self.universe.signs_in = (
            upsets.token_ends
            or upsets.sign_in_revoked
            or upsets.app_token_ends
            or upsets.consent_revoked
        )

    def part_sign_ins(self) -> None:
        """What is renewed for one task must not take the other's along."""
        if self.universe.signs_in:
            for firm in self.universe.firms:
                wiring = self.universe.become(self.universe.process_of_ours)
                wiring.credentials(firm.id).write("people", self._signed_in(firm))

    def before_life(self) -> None:
        """What the version before has left, where teams have settled."""
        if self.upsets.version_before and self.story.plot.grown:
            for firm in self.universe.firms:
                rewrite(self.universe, firm)
            self._happened("version before")

    def live(self) -> None:
        """Each at a moment of its own."""
        acts: list[tuple[bool, Callable[[Firm], None]]] = [
            (self.upsets.token_ends, self._end_token),
            (self.upsets.sign_in_revoked, self._revoke_sign_in),
            (self.upsets.app_token_ends, self._end_app_tokens),
            (self.upsets.consent_revoked, self._revoke_consent),
            (self.upsets.another_leader, self._choose_leader),
        ]
        for happens, act in acts:
            if happens:
                firm = self._draw.choice(self.universe.firms)
                after = self._draw.uniform(0, self.story.plot.length)
                self.universe.scheduler.spawn(partial(act, firm), "upset", after=after)

    def count(self) -> None:
        """How much of it there was, at the end."""
        chaos = self.universe.chaos
        chaos.counts["empty read"] += chaos.blind.empty
        chaos.counts["partial read"] += chaos.blind.partial
        chaos.counts["delivery lost"] += self.universe.webex.postman.lost

    # Webex

    def _end_token(self, firm: Firm) -> None:
        """It is renewed by whoever meets that first."""
        for token in self._tokens(firm):
            token.expires_at = min(token.expires_at, self.universe.scheduler.at)
        self._happened("token ended")

    def _revoke_sign_in(self, firm: Firm) -> None:
        """Somebody signs in again when they have noticed."""
        for token in self._tokens(firm):
            self.universe.spent |= {token.access_token, token.refresh_token}
            self.universe.webex.revoke_token(token)
        with self._noticed_late("sign-in revoked"):
            for capability in ("spaces", "people"):
                self._insist(firm, partial(self._sign_in, firm, capability))
            self.story.spaces.sign_in_again(firm, self._insist)

    def _tokens(self, firm: Firm) -> list[Token]:
        tokens = self.universe.webex.world.tokens.values()
        return [token for token in tokens if token.person is firm.officer]

    def _sign_in(self, firm: Firm, capability: str, office: Office) -> None:
        credentials.keep(office, ADMIN, capability, self._signed_in(firm))

    def _signed_in(self, firm: Firm) -> Credential:
        token = self.universe.webex.issue_token(
            firm.officer, SCOPES | {"identity:people_read"}, client_id="integration"
        )
        expires = round(token.expires_at * 1000)
        return Credential(token.access_token, token.refresh_token, expires)

    # Microsoft

    def _end_app_tokens(self, firm: Firm) -> None:
        self._forget_app_tokens(firm)
        self._happened("app token ended")

    def _forget_app_tokens(self, firm: Firm) -> None:
        tokens = self.universe.microsoft.world.tokens
        ended = {t for t, grant in tokens.items() if grant.tenant_id == firm.tenant.tenant_id}
        self.universe.spent |= ended
        for token in ended:
            del tokens[token]

    def _revoke_consent(self, firm: Firm) -> None:
        """An administrator of the tenant consents again."""
        microsoft, app = self.universe.microsoft, self.universe.application
        tenant = TenantId(firm.tenant.tenant_id)

        def connect(office: Office) -> None:
            connection.connect(office, ADMIN, Consent(tenant, "", "", office.now()))

        microsoft.revoke(app, firm.tenant)
        self._forget_app_tokens(firm)
        with self._noticed_late("consent revoked"):
            microsoft.consent(app, firm.tenant, self.universe.permissions)
            self._insist(firm, connect)

    # Settings

    def _choose_leader(self, firm: Firm) -> None:
        directions, index = self.story.plot.directions, self.universe.firms.index(firm)
        before = directions[index].value
        after = self._draw.choice([d for d in Direction if d.value != before])
        typed, shown = {"direction": after.value}, {"direction": before}
        self._insist(firm, lambda office: choices.save(office, ADMIN, typed, shown))
        directions[index] = after
        self._happened(f"another leader: {after.value}")

    # All of them

    @contextmanager
    def _noticed_late(self, what: str) -> Iterator[None]:
        """What is put right within begins when somebody has noticed."""
        self.under_way += 1
        self.universe.chaos.counts[what] += 1
        self.universe.scheduler.note(what)
        self.universe.scheduler.sleep(self._draw.uniform(*UNNOTICED))
        yield
        self.under_way -= 1
        self._is_over()
        self.universe.scheduler.note(f"{what}: put right")

    def _happened(self, what: str) -> None:
        self.universe.chaos.counts[what.partition(":")[0]] += 1
        self.universe.scheduler.note(what)
        self._is_over()

    def _is_over(self) -> None:
        self.over = self.universe.scheduler.at

    def _insist(self, firm: Firm, act: Callable[[Office], object]) -> None:
        universe = self.universe
        self.story.administrator.insist(
            firm, lambda _: act(universe.become(universe.process_of_ours).office(firm.id))
        )

"""What an administrator and those who help do on the app's pages, each with a browser.

By the addresses of forms rather than by words, so that every language will do. Providers are the
sandbox's: their pages ask for no password.
"""

from __future__ import annotations

from sandbox.browser.page import Page
from sandbox.browser.visitor import Browser


class Errands:
    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def sign_in(self, email: str) -> Page:
        """To the app, with Webex."""
        self.browser.get("/")
        self.browser.press("/authorize/signin")
        return self.at_webex(email)

    def sign_out(self) -> Page:
        self.browser.get("/")
        return self.browser.press("/authorize/signout")

    def keep_credential(self, capability: str, email: str) -> Page:
        """Let the app do something in Webex, as the account with this address."""
        self.browser.get("/credentials")
        self.browser.press("/authorize/webex", capability=capability)
        return self.at_webex(email)

    def choose_tenant(self, name: str) -> Page:
        self.browser.get("/prerequisites")
        return self.browser.press("/prerequisites/tenant", tenant=name)

    def recheck(self) -> Page:
        self.browser.get("/prerequisites")
        return self.browser.press("/prerequisites/recheck", check="")

    def confirm_what_no_api_tells(self) -> Page:
        """Every prerequisite that can only be confirmed by a person."""
        page = self.browser.get("/prerequisites")
        waiting = [
            values["check"]
            for values in (dict(f.values()) for f in page.forms if f.action.endswith("/confirm"))
            if values.get("confirmed") == "1"
        ]
        for check in waiting:
            page = self.browser.press("/prerequisites/confirm", check=check, confirmed="1")
        return page

    def consent(self, account: str, decision: str = "Accept") -> Page:
        """From the permissions page through Microsoft's dialog and back."""
        self.browser.get("/permissions")
        self.browser.press("/authorize/microsoft")
        return self.at_microsoft(account, decision)

    def make_link(self, step: str) -> str:
        """The address of a new hand-over link."""
        self.browser.get("/credentials")
        page = self.browser.press("/authorize/handover", step=step)
        field = page.document.root.first("input", id="link")
        assert field is not None, f"no link on {page.url}: {page.text}"
        return field["value"]

    def take_over(self, link: str) -> Page:
        """Open somebody's link, go on, and set out to the provider."""
        self.browser.get(link)
        self.browser.press("Continue")
        return self.browser.press("/handover/start")

    def confirm(self, step: str) -> Page:
        """Take into use what somebody else left."""
        self.browser.get("/credentials")
        return self.browser.press("/authorize/confirm", step=step)

    def turn_on(self) -> Page:
        self.browser.get("/settings")
        return self.browser.press("/settings/switch", on="1")

    def turn_off(self) -> Page:
        """The page asks first."""
        self.browser.get("/settings")
        self.browser.press("/settings/switch", on="0")
        return self.browser.press("/settings/switch", on="0", confirmed="1")

    # At the providers

    def at_webex(self, email: str) -> Page:
        return self.browser.press("Sign in and allow", email=email)

    def at_microsoft(self, account: str, decision: str = "Accept") -> Page:
        """`account`: an address or object id."""
        self.browser.press("Next", account=account)
        return self.browser.press(decision)

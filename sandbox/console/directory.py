"""What can be done on a group's page, as an administrator of Microsoft 365 would do it.

Every act takes the form's fields and says what it did.
"""

from __future__ import annotations

from sandbox.clouds.house import Clouds
from sandbox.console.form import BadForm, Form, text, yes
from sandbox.microsoft import Group, User


class Directory:
    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds
        self._lock = clouds.microsoft.graph.lock

    def add_member(self, key: str, form: Form) -> str:
        with self._lock:
            group, account = self._group(key), self._account(text(form, "who"))
            if account.object_id in group.members:
                raise BadForm(f"{account.display_name} is in the group already.")
            group.add("members", account.object_id)
        return f"{account.display_name} is in the group “{group.display_name}” now."

    def remove_member(self, key: str, form: Form) -> str:
        """Who owns the group goes on owning it, as in Microsoft 365."""
        with self._lock:
            group, account = self._group(key), self._account(text(form, "who"))
            if account.object_id not in group.members:
                raise BadForm(f"{account.display_name} is not in the group.")
            group.drop("members", account.object_id)
        return f"{account.display_name} was taken out of the group “{group.display_name}”."

    def switch_account(self, key: str, form: Form) -> str:
        """Let an account sign in, or no longer; its groups keep it. key: of the group's page."""
        enabled = yes(form, "enabled")
        with self._lock:
            self._group(key)
            account = self._account(text(form, "who"))
            act = self._clouds.tenant.enable_user if enabled else self._clouds.tenant.disable_user
            act(account.object_id)
        if enabled:
            return f"{account.display_name} may sign in to Microsoft 365 again."
        return f"The account of {account.display_name} is disabled. The groups keep it."

    def _group(self, key: str) -> Group:
        group = self._clouds.tenant.groups.get(key)
        if group is None or group.deleted is not None:
            raise BadForm("This group is gone.")
        return group

    def _account(self, who: str) -> User:
        """By object id or address."""
        tenant = self._clouds.tenant
        account = tenant.users.get(who.lower()) or tenant.user_of(who)
        if account is None:
            raise BadForm(f"There is no account {who[:80]!r}: choose one from the list.")
        return account

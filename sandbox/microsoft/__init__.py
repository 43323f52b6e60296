"""A stateful, strict stand-in for Microsoft Graph and the Entra login service.

It refuses what Microsoft refuses, in Microsoft's words, and is late where Microsoft is late.
What nobody has confirmed on a real tenant is a switch (`switches.py`). Tests read the truth from
the state objects; HTTP reads see it through the lag.
"""

from sandbox.microsoft.apps import App
from sandbox.microsoft.cloud import GraphCloud, MicrosoftClouds
from sandbox.microsoft.login import LoginCloud
from sandbox.microsoft.state import Group, SecurityGroup, Tenant, User
from sandbox.microsoft.switches import Switches

__all__ = [
    "App",
    "GraphCloud",
    "Group",
    "LoginCloud",
    "MicrosoftClouds",
    "SecurityGroup",
    "Switches",
    "Tenant",
    "User",
]

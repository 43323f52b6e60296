"""A strict, stateful stand-in for Webex: teams, spaces, people, webhooks, events, linked folders.

It answers as the provider's published rules say, and refuses what the provider refuses. What no
published source settles is a switch (`Switches`), and the product must stand on either side.
"""

from sandbox.webex.cloud import WebexCloud
from sandbox.webex.delivery import Delivery
from sandbox.webex.errors import Refused
from sandbox.webex.state import LinkedFolder, Organization, Person, Room, Team, Token, Webhook
from sandbox.webex.switches import Switches

__all__ = [
    "Delivery",
    "LinkedFolder",
    "Organization",
    "Person",
    "Refused",
    "Room",
    "Switches",
    "Team",
    "Token",
    "WebexCloud",
    "Webhook",
]

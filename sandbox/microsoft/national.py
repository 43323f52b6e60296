"""What discovery says of the cloud that a tenant lives in.

Source: page "Microsoft Graph and Graph Explorer service root endpoints" (national clouds); the
fields beside the endpoints are in no contract, they are as recorded in public code.
"""

from __future__ import annotations

from typing import Literal

NationalCloud = Literal["global", "us_gov_high", "us_dod", "china"]

DISCOVERED: dict[NationalCloud, dict[str, str]] = {
    "global": {
        "tenant_region_scope": "WW",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    },
    "us_gov_high": {
        "tenant_region_scope": "USGov",
        "tenant_region_sub_scope": "DODCON",
        "cloud_instance_name": "microsoftonline.us",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.us",
    },
    "us_dod": {
        "tenant_region_scope": "USGov",
        "tenant_region_sub_scope": "DOD",
        "cloud_instance_name": "microsoftonline.us",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "dod-graph.microsoft.us",
    },
    "china": {
        "tenant_region_scope": "AS",
        "cloud_instance_name": "partner.microsoftonline.cn",
        "cloud_graph_host_name": "graph.chinacloudapi.cn",
        "msgraph_host": "microsoftgraph.chinacloudapi.cn",
    },
}
LOGIN_HOSTS: dict[NationalCloud, str] = {
    "us_gov_high": "login.microsoftonline.us",
    "us_dod": "login.microsoftonline.us",
    "china": "login.partner.microsoftonline.cn",
}
"""Of the clouds that are not here."""

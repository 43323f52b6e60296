"""Composition only: one blueprint per way in."""

from __future__ import annotations

import azure.functions as func

from functions.activity.blueprint import blueprint as activity
from functions.archive.blueprint import blueprint as archive
from functions.authorize_callback.blueprint import blueprint as authorize_callback
from functions.home.blueprint import blueprint as home
from functions.prereq_check.blueprint import blueprint as prereq_check
from functions.settings.blueprint import blueprint as settings
from functions.sync_team.blueprint import blueprint as sync_team
from functions.team_created.blueprint import blueprint as team_created
from functions.watch.blueprint import blueprint as watch

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for blueprint in (
    team_created,
    sync_team,
    watch,
    home,
    authorize_callback,
    prereq_check,
    settings,
    activity,
    archive,
):
    app.register_functions(blueprint)

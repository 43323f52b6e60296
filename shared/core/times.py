"""Every default time and limit of the engine, in one place. Milliseconds unless said otherwise."""

from __future__ import annotations

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# Looks
GAP = 30 * SECOND  # between two looks at one team, so that 500 changes cost a few
LEASE = 60 * SECOND
LEASE_FLOOR = 15 * SECOND  # a write to a provider is not begun with less
TRIES = 5
RETRY_BASE = 30 * SECOND
DEAD_LETTER_PAUSE = DAY
PERMANENT_PAUSE = DAY  # a team that needs a person is looked at again this late
NUDGE_PAUSE = 60 * SECOND  # a nudged team is nudged again this late
NUDGES_A_RUN = 200

# Settling
# The first is less than the watch's period: else a team that one watch has found is due just after
# the next, and waits for the one after that.
SETTLING_LOOKS = (7 * SECOND, 30 * SECOND, 60 * SECOND, 300 * SECOND)
SETTLING_QUIET = 120 * SECOND

# Membership
MISSING_APART = 2 * MINUTE  # between the two reads that an absence takes
CONTRADICTION_APART = 2 * MINUTE
CONTRADICTION_AGE = 15 * MINUTE
REPLICAS_APART = 10 * MINUTE  # how far behind what was shown already a replica of a group may be
UNKNOWN_LISTED_AFTER = 15 * MINUTE
REPLICATION_PATIENCE = 2 * MINUTE  # while nothing was ever taken, refusals mean: not there yet
ADDITION_RETRY = 20 * SECOND
CREATE_RETRY = 10 * SECOND
CLOCKS_CLOSE = 10 * SECOND  # how far Webex's clock and ours may differ
CLOCKS_APART = 5 * MINUTE  # how far Microsoft's clock and ours may differ
GROUP_MISSING_PATIENCE = 15 * MINUTE
ENDED_APART = HOUR  # for so long a team is looked for before it is called gone
ENDED_PAUSES = (MINUTE, 10 * MINUTE)  # between two looks meanwhile: as long as it was missed so far

FULL_EVERY = 7 * DAY  # every connected team is read in full at least this often
FULL_SPREAD = 2 * DAY  # and up to this much earlier, so that they do not come all at once

# Names: Webex tells nobody that a team was renamed
NAMES_EVERY = DAY
NAMES_SPREAD = 2 * HOUR  # up to this much earlier

# Changes in Microsoft 365
DELTA_EVERY = 30 * SECOND

# Identities
IDENTITY_FRESH = 7 * DAY
NEGATIVE_FRESH_FIRST_DAY = HOUR
NEGATIVE_FRESH = DAY
DIRECTORY_RETRY = 2 * MINUTE  # for people whom the directory could not tell

# Folder
FOLDER_STEPS = (5, 10, 20, 40, 60, 60, 120, 300, 300)  # seconds; then FOLDER_SLOW
FOLDER_SLOW = HOUR

# Folders of further spaces
SPACES_AT_ONCE = 20  # that one look sees to
SPACES_TOGETHER = HOUR  # those due so soon are looked at with those that are due
TITLE_FRESH = HOUR  # what a space is called is asked again when older

# Events
EVENTS_OVERLAP = 2 * MINUTE
EVENTS_BUSY_EVERY = 30 * SECOND  # where teams wait for the calls that it takes, else at each watch
EVENTS_DEEP_EVERY = HOUR
EVENTS_DEEP_LATEST = 4 * HOUR  # where teams wait for the calls that it takes
EVENTS_DEEP_SPAN = DAY
EVENTS_OUTAGE = 10 * MINUTE  # a cursor this old means that we were away

# Spaces
SPACE_MISSING_PATIENCE = DAY  # tries at half a minute, then twice as far apart, up to the pause
SPACE_MISSING_PAUSE = 2 * HOUR
GENERAL_MISSING_PAUSE = 10 * MINUTE
TOLD_AFTER = 3  # passing failures in a row, before the administrator is told
EMPTY_AFTER = 7  # reads in a row that show nobody in a group: a good quarter of an hour
GROUP_SETTINGS_FRESH = 30 * MINUTE

# Patience within one call, seconds
CALL_DEADLINE = 10.0
WAIT_IN_CALL = 5.0
WAIT_IN_ALL = 15.0

# Limits of the providers
REFERENCES_AT_CREATE = 20
REFERENCES_A_PATCH = 20
PARTS_A_BATCH = 20
OWNERS_AT_CREATE = 5
OWNERS_MAX = 100

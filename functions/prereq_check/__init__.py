"""What must be true before groups can be made, and what the app asks for.

Promise: a green tick was earned, and every unmet row says where to mend it.
"""

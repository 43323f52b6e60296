"""What an administrator sets up: prerequisites, credentials, the connection, the switch.

Use cases behind the pages. They know ports, not providers, pages or storage.
"""

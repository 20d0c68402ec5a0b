"""The other ways to talk with the assistant: one line for each platform, all into one running system.

switchboard.py   the system with all channels on, the fake platforms it is joined to, and the office
line.py          one person's conversation, with the surface of tests/dialogue/chat.py
apps.py          what a person does and sees in each platform's app
differences.py   what a platform cannot carry, and why
"""

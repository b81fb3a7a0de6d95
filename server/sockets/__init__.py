"""The WebSocket sessions: tickets for them, one socket from hello to goodbye, and sessions that outlive it.

Must never know what a message means: whoever listens to the hub does.
"""

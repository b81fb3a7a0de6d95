"""Who sees which version of a picture in a room: simulcast, temporal layers, lower copies, or none.

Owns: carrying out the rules of media/core/share on the members and slots of a room. Must never decide a bitrate.
"""

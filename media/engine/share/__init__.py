"""The version of a picture that each slot of a room shows: simulcast, temporal layers, lower copies, or none.

Owns: carrying out the rules of media/core/share on the members and slots of a room. Must never decide a bitrate.
"""

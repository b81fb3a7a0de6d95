"""Lower copies of a picture: the downscaler's worker processes, and the streams that slots show.

Owns: decoding and encoding, always in a confined process of its own. Must never decode in the relay's process.
"""

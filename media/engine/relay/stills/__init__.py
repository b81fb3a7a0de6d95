"""Stills in the rooms: up from one page, down to every other.

Owns: which stills each room holds and who has had them. Must never decide a pace: control/stillsbudget.py does.
"""

from media.engine.relay.stills.exchange import Stills

__all__ = ["Stills"]

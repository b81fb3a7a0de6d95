"""The exchange of stills in rooms: from one page up, and down to every other page.

Owns: the stills of each room, and which pages have them. Must never decide a rate: control/stillsbudget.py does.
"""

from media.engine.relay.stills.exchange import Stills

__all__ = ["Stills"]

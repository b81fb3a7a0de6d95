"""Forwards media between legs: rooms, and the uplink, the downlink, the periodic work and the stills of each leg.

Owns: the path of a packet from one leg's uplink to other legs' downlinks. Must never decide a quality: this package
asks media/core at the right time, and carries out its decisions.
"""

"""Forwarding between legs: rooms, the uplink and the downlink of each leg, its clock, its feedback, its stills.

Owns: the way of a packet from one leg's uplink to other legs' downlinks. Must never decide a quality: media/core
decides, this package asks it at the right time and sends what it says.
"""

"""The systems a call is measured on: ours, peer to peer, Janus, a plain aiortc relay, and the people in front.

Owns: starting each system and working its pages. Must never measure: readings/ and senses/ do.
"""

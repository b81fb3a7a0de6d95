"""The systems that a call is measured on: ours, peer to peer, Janus and a plain aiortc relay.

Owns: starting each system, and doing in its pages what the people do. Must never measure: readings/ and senses/ do.
"""

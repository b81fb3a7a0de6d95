"""One participant's WebRTC transport: the shared ports, the guard before them, SDP in and out, ICE, DTLS, SRTP.

Owns: sockets, datagrams, and every use of a private name of aiortc and aioice (aiortc_private.py). Must never know
a room or a stream: a leg hands plain RTP and RTCP to whoever gave it hooks.
"""

"""One participant's WebRTC transport: the shared ports and their guard, SDP offers and answers, ICE, DTLS, SRTP.

Owns: sockets, datagrams, and every use of a private name of aiortc and aioice (aiortc_private.py). Must never know
a room or a stream: a leg passes plain RTP and RTCP to its handlers.
"""

"""The limits for the requests of a page, each with its reason.

Owns: the bounds of the protocol and the token bucket that enforces rates. Must never read a clock: time is an
argument, in seconds, from any clock that does not run backwards.
"""

from __future__ import annotations

from dataclasses import dataclass

# A Chromium offer with every slot is about 12 kB and at most SDP_MAX_CHARS; a reason at most 2 kB of UTF-8.
# The bound holds after inflation: 64 kB of zeros deflates to under 100 bytes.
MESSAGE_MAX_BYTES = 65_536

# A page fetches its ticket while its socket opens, to save two round trips of 1.3 s on 2G. Lost packets may
# hold the ticket up for several seconds more. Whoever shows no cookie of ours cannot fetch one meanwhile.
HELLO_WITHIN_S = 15.0
STRANGER_HELLO_WITHIN_S = 5.0

# Mobile networks forget an idle TCP mapping after 30 s at the worst (RFC 5382 asks for two hours).
HEARTBEAT_S = 25
# A browser wakes a hidden page once a minute, so its heartbeat comes after 85 s at the latest. A page that is
# silent for longer is frozen: its browser still answers for its socket, and nobody sees or hears what it is told.
SILENT_AFTER_S = 180.0

# Outages of rural links last up to a minute; two minutes carry them, and the reload of a frozen tablet.
RESUME_WITHIN_S = 120.0

# The messages kept in one session for a page that does not acknowledge: every kind of message at most once and some
# hundred errors fit in 256; 512 KiB holds two answers and two full queues of 200 entries.
UNACKED_MAX_MESSAGES = 256
UNACKED_MAX_BYTES = 524_288

# The most messages that wait for one socket. With more, the page does not read: the server closes the socket, and
# keeps the session.
UNSENT_MAX_MESSAGES = 128
UNSENT_MAX_BYTES = 262_144

# All stations of the country are under 2,000; a socket with its deflate state costs 300 KiB at the worst.
MAX_CONNECTIONS = 2_048
# A socket that has not sent hello yet and shows no cookie of ours is a stranger's: strangers must not crowd out
# participants, nor those of one network the others. Our own pages always show one.
MAX_STRANGERS = 256
MAX_STRANGERS_PER_NETWORK = 16
# A page opens one socket and, when its link flaps, another beside the one that the server has not seen end.
MAX_GREETING_PER_PARTICIPANT = 4

# A page in trouble sends one media_state and one ping a second; after an outage it also repeats some ten
# messages that were not acknowledged.
MESSAGES_PER_S = 10.0
MESSAGES_BURST = 40.0

# A leg costs a DTLS handshake (about 2 ms of CPU); a page whose link flaps makes a new one every 15 s.
LEGS_PER_S = 1 / 5
LEGS_BURST = 6.0

# People press again when nothing moves; nobody needs more than a request in ten seconds.
REQUESTS_PER_S = 1 / 10
REQUESTS_BURST = 5.0

# An offer has slots for seven others; a consultation of more than eight is a meeting.
MAX_PARTICIPANTS = 8

# Long enough to hear a telephone, sit down and read a pledge; a patient who waits longer needs somebody else.
INVITATION_S = 120.0
# A nurse asks the two who fit best, and one more while they think.
MAX_INVITATIONS = 3

# As many people may wait in the lobby of a group as another session would hold.
MAX_LOBBY = 8

# A queue on a doctor's screen need not move faster than this; each copy goes to every clinician on duty.
QUEUE_EVERY_S = 1.0
# A waiting patient must see that the request still counts, and a minute is long in front of an unchanged screen.
WAITING_EVERY_S = 30.0
# One link message of 150 bytes each 10 s is 0.1 kbit/s; a change of level is sent at once.
LINK_EVERY_S = 10.0
# A consultation message with the others' links and rungs has 900 bytes. Every second, it would take half of 16
# kbit/s; every 20 s it takes 2 %, next to a voice that needs two thirds.
THIN_NOTICE_EVERY_S = 20.0
# A link under this rate carries voice and perhaps a still: anything else delays the voice.
THIN_LINK_KBPS = 40

# A camera's 1280x720 as WebP that shows a skin's texture; on 32 kbit/s beside voice, under a minute.
ASKED_STILL_MAX_BYTES = 60_000
ASKED_STILL_MAX_WIDTH = 1_280
# A close look takes several stills; each holds up a patient for some seconds.
STILLS_PER_S = 0.2
STILLS_BURST = 4


@dataclass(slots=True)
class TokenBucket:
    """Allows ``burst`` events at once and ``rate_per_s`` in the long run."""

    rate_per_s: float
    burst: float
    _tokens: float = -1.0
    _at_s: float = 0.0

    def take(self, now_s: float) -> bool:
        """Whether one more event is allowed at ``now_s``; a refused event takes no token."""
        if self._tokens < 0:
            self._tokens = self.burst
        elif now_s > self._at_s:
            self._tokens = min(self.burst, self._tokens + (now_s - self._at_s) * self.rate_per_s)
        self._at_s = max(self._at_s, now_s)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def message_bucket() -> TokenBucket:
    """The bucket of one session's messages."""
    return TokenBucket(MESSAGES_PER_S, MESSAGES_BURST)


def leg_bucket() -> TokenBucket:
    """The bucket of one participant's leg offers."""
    return TokenBucket(LEGS_PER_S, LEGS_BURST)


def request_bucket() -> TokenBucket:
    """The bucket of one station's requests."""
    return TokenBucket(REQUESTS_PER_S, REQUESTS_BURST)


def still_bucket() -> TokenBucket:
    """The bucket of the stills one clinician asks for."""
    return TokenBucket(STILLS_PER_S, STILLS_BURST)

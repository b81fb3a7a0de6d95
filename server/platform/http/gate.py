"""Who may hold a TCP connection: each accepted one is a guest, and when there are too many, which one goes.

    silent  has not sent a whole request yet        goes after REQUEST_WITHIN_S, and first when it is crowded
    idle    has been answered, keeps the connection goes next
    busy    a request is under way                  goes last; a WebSocket counts as busy, and has a door of its own

Owns: that choice, by network (networks.py). Must never touch a socket nor read a clock: entrance.py does. A network
from which somebody has signed in is known; its guests stay while there are strangers to send away.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from server.platform.http.networks import networks_of

# TCP, TLS and the first request on 2G: four round trips of 1.3 s, 4 kB of certificate at 20 kbit/s, one loss (3 s).
REQUEST_WITHIN_S = 15.0
# An answer that moves no byte for so long is a reader that does not read; a photo on 18 kbit/s takes four minutes.
BUSY_AT_MOST_S = 600.0
# A browser opens six connections at once; ten of them come back behind one address after an outage.
SILENT_PER_NETWORK = 64
# Behind one address of a mobile network may stand every station of a region, all back after the same outage.
SILENT_PER_KNOWN_NETWORK = 512
# An IPv6 /48 is one customer with 65,536 networks: as many as four of them.
SILENT_PER_WIDE_NETWORK = 4 * SILENT_PER_NETWORK
# Known networks that are remembered: far more than there are sites, 200 bytes each.
KNOWN_MAX = 4_096
# When there is no place left, a sixteenth of all places is cleared at once: choosing costs a look at every guest.
BATCH_SHARE = 16


@dataclass(slots=True, eq=False)
class Guest:
    """One accepted connection. ``close`` ends it at once; ``is_gone``: whether it has ended."""

    networks: tuple[str, str]
    since_s: float
    close: Callable[[], None]
    is_gone: Callable[[], bool]
    asked: bool = False
    requests: int = 0
    stays: bool = False

    @property
    def rank(self) -> int:
        """0 silent, 1 idle, 2 busy."""
        if self.requests:
            return 2
        return 1 if self.asked else 0


class Gate:
    """Every guest. ``capacity``: how many connections there may be at once."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.sent_away: Counter[str] = Counter()
        self._guests: dict[Guest, None] = {}
        # The silent guests of each narrow and each wide network, the oldest first.
        self._silent: dict[str, dict[Guest, None]] = {}
        self._known: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._guests)

    def know(self, address: str) -> None:
        """Somebody has signed in from this address."""
        narrow, _ = networks_of(address)
        self._known[narrow] = None
        self._known.move_to_end(narrow)
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    def arrived(self, guest: Guest) -> bool:
        """Whether a new guest may stay; others may be sent away for it."""
        self._guests[guest] = None
        for network in set(guest.networks):
            self._silent.setdefault(network, {})[guest] = None
        self._keep_network(guest)
        if len(self._guests) > self.capacity:
            self._forget_gone()
        if len(self._guests) > self.capacity:
            self.make_room("full")
        if len(self._guests) > self.capacity:
            self._send_away(guest, "full")
        return guest in self._guests

    def began(self, guest: Guest, now_s: float, *, stays: bool = False) -> None:
        """A request of this guest has begun; ``stays``: it opens a WebSocket."""
        self._not_silent(guest)
        guest.asked, guest.stays, guest.since_s = True, stays, now_s
        guest.requests += 1

    def ended(self, guest: Guest, now_s: float) -> None:
        """That request is answered."""
        guest.requests -= 1
        guest.since_s, guest.stays = now_s, False

    def make_room(self, why: str) -> None:
        """Send away whoever is most in the way; of strangers who are silent, a whole batch at once.

        Of the networks that nobody is known from before those that are: the silent before the idle before the busy,
        of each the network with the most guests, its oldest first. Sockets stay.
        """
        counts = Counter(one.networks[1] for one in self._guests)

        def order(one: Guest) -> tuple[bool, int, int, float]:
            return one.networks[0] in self._known, one.rank, -counts[one.networks[1]], one.since_s

        movable = sorted((one for one in self._guests if not one.stays), key=order)
        for number, guest in enumerate(movable[: max(1, self.capacity // BATCH_SHARE)]):
            if number and order(guest)[:2] != (False, 0):
                return
            self._send_away(guest, why)

    def sweep(self, now_s: float) -> None:
        """Send away who has been silent, or busy with one request, for too long."""
        self._forget_gone()
        for guest in list(self._guests):
            waited_s = now_s - guest.since_s
            if guest.rank == 0 and waited_s > REQUEST_WITHIN_S:
                self._send_away(guest, "silent")
            elif guest.rank == 2 and not guest.stays and waited_s > BUSY_AT_MOST_S:
                self._send_away(guest, "slow")

    def _keep_network(self, newcomer: Guest) -> None:
        """Of a network with too many silent guests, the one that has been silent longest goes.

        While half of the places are free there is no need: after a restart whole regions come back at once.
        """
        if len(self._guests) <= self.capacity // 2:
            return
        narrow, wide = newcomer.networks
        most = SILENT_PER_KNOWN_NETWORK if narrow in self._known else SILENT_PER_NETWORK
        for network, bound in ((narrow, most), (wide, max(most, SILENT_PER_WIDE_NETWORK))):
            silent = self._silent.get(network, {})
            if len(silent) > bound:
                self._send_away(next(iter(silent)), "network")

    def _send_away(self, guest: Guest, why: str) -> None:
        self._forget(guest)
        if not guest.is_gone():
            self.sent_away[why] += 1
            guest.close()

    def _forget_gone(self) -> None:
        for guest in [one for one in self._guests if one.is_gone()]:
            self._forget(guest)

    def _forget(self, guest: Guest) -> None:
        self._guests.pop(guest, None)
        self._not_silent(guest)

    def _not_silent(self, guest: Guest) -> None:
        for network in guest.networks:
            silent = self._silent.get(network)
            if silent is not None:
                silent.pop(guest, None)
                if not silent:
                    del self._silent[network]

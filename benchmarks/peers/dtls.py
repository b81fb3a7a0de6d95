"""The DTLS side of a synthetic leg (passive, as the relay's answer asks), and the SRTP sessions from its keys.

Owns: the handshake, the check of the server's fingerprint, the key derivation. Must never touch a socket.
Standards: DTLS-SRTP (RFC 5764).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy, Session

# AES128_CM_SHA1_80 (RFC 5764 section 4.1.2): 16 bytes of key, 14 of salt.
KEY_BYTES = 16
SALT_BYTES = 14
# The most bytes of one read from the memory BIO: the flights of an ECDSA handshake are about 800 bytes.
DATAGRAM_BYTES = 1_500
REPLAY_WINDOW_PACKETS = 1_024


class DtlsError(ConnectionError):
    """The handshake failed, or the relay's certificate does not match the fingerprint of its answer."""


@cache
def _identity() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """One certificate for all synthetic legs of a process: making a certificate costs more than a handshake."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "synthetic")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _digest(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def local_fingerprint() -> str:
    """SHA-256 of our certificate, as SDP writes it."""
    return _digest(_identity()[1])


@cache
def _context() -> SSL.Context:
    key, certificate = _identity()
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")
    return context


class DtlsPeer:
    """One handshake. ``tx`` and ``rx`` are the SRTP sessions; they refuse everything until `done`."""

    def __init__(self, fingerprint: str, send: Callable[[bytes], None]) -> None:
        self._fingerprint = fingerprint
        self._send = send
        self._connection = SSL.Connection(_context())
        self._connection.set_accept_state()
        self.done = False
        self.closed = False
        self.tx = Session()
        self.rx = Session()

    def start(self) -> None:
        """Start the handshake, which waits for the relay's ClientHello."""
        self._advance()

    def datagram(self, data: bytes) -> bytes:
        """Process a record; returns its application data. Raises DtlsError."""
        self._connection.bio_write(data)
        if not self.done:
            self._advance()
            return b""
        try:
            plain = self._connection.recv(DATAGRAM_BYTES)
        except SSL.ZeroReturnError:
            self.closed = True
            plain = b""
        except SSL.Error:
            plain = b""
        self._flush()
        return plain

    def timeout_s(self) -> float | None:
        """The time until `timer_fired` must be called; None if no answer is outstanding."""
        timeout: float | None = self._connection.DTLSv1_get_timeout()
        return timeout

    def timer_fired(self) -> None:
        """Send the last flight again."""
        self._connection.DTLSv1_handle_timeout()
        self._flush()

    def send(self, data: bytes) -> None:
        """Send application data."""
        self._connection.send(data)
        self._flush()

    def close(self) -> None:
        """Send close_notify."""
        try:
            self._connection.shutdown()
        except SSL.Error:
            return
        self._flush()

    def _advance(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            self._flush()
            return
        except SSL.Error as error:
            raise DtlsError("the handshake failed") from error
        self._flush()
        certificate = self._connection.get_peer_certificate()
        if certificate is None or _digest(certificate.to_cryptography()) != self._fingerprint:
            raise DtlsError("not the certificate of the answer")
        self._derive()
        self.done = True

    def _derive(self) -> None:
        material = self._connection.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (KEY_BYTES + SALT_BYTES)
        )
        keys, salts = material[: 2 * KEY_BYTES], material[2 * KEY_BYTES :]
        self.rx = _session(keys[:KEY_BYTES] + salts[:SALT_BYTES], Policy.SSRC_ANY_INBOUND)
        self.tx = _session(keys[KEY_BYTES:] + salts[SALT_BYTES:], Policy.SSRC_ANY_OUTBOUND)

    def _flush(self) -> None:
        while True:
            try:
                data = self._connection.bio_read(DATAGRAM_BYTES)
            except SSL.Error:
                return
            self._send(data)


def _session(key: bytes, direction: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction)
    policy.allow_repeat_tx = True
    policy.window_size = REPLAY_WINDOW_PACKETS
    return Session(policy)

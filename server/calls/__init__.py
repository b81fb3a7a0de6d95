"""The only place where signaling and media meet: messages, the pure core, the database and the media engine."""

from server.calls.desk.consultations import Consultations, Timing
from server.calls.store_port import ConsultationStore

__all__ = ["ConsultationStore", "Consultations", "Timing"]

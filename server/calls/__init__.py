"""Live consultations: the only place where signaling, the database and the media engine meet."""

from server.calls.desk.consultations import Consultations, Timing
from server.calls.store_port import ConsultationStore

__all__ = ["ConsultationStore", "Consultations", "Timing"]

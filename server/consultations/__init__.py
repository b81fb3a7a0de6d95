"""The only place where signaling and media meet: messages, the pure core, the database and the media engine."""

from server.consultations.desk import Consultations
from server.consultations.store import ConsultationStore

__all__ = ["ConsultationStore", "Consultations"]

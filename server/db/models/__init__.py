"""The tables, one file each. Importing this package makes all of them known to `Base.metadata`."""

from server.db.models.account import Account
from server.db.models.account_language import AccountLanguage
from server.db.models.account_specialty import AccountSpecialty
from server.db.models.audit_entry import AuditEntry
from server.db.models.audit_head import AuditHead
from server.db.models.call_leg import CallLeg
from server.db.models.case_file import CaseFile
from server.db.models.case_note import CaseNote
from server.db.models.case_outcome import CaseOutcome
from server.db.models.case_participant import CaseParticipant
from server.db.models.case_photo import CasePhoto
from server.db.models.case_route import CaseRoute
from server.db.models.consent import Consent
from server.db.models.consultation import Consultation
from server.db.models.consultation_event import ConsultationEvent
from server.db.models.enrolment_code import EnrolmentCode
from server.db.models.group_seat import GroupSeat
from server.db.models.group_session import GroupSession
from server.db.models.http_session import HttpSession
from server.db.models.mediation import Mediation
from server.db.models.mediation_blockage import MediationBlockage
from server.db.models.mediation_report import MediationReport
from server.db.models.oidc_link import OidcLink
from server.db.models.referral import Referral
from server.db.models.roster_exception import RosterException
from server.db.models.roster_slot import RosterSlot
from server.db.models.site import Site
from server.db.models.station import Station
from server.db.models.vital_sign import VitalSign

__all__ = [
    "Account",
    "AccountLanguage",
    "AccountSpecialty",
    "AuditEntry",
    "AuditHead",
    "CallLeg",
    "CaseFile",
    "CaseNote",
    "CaseOutcome",
    "CaseParticipant",
    "CasePhoto",
    "CaseRoute",
    "Consent",
    "Consultation",
    "ConsultationEvent",
    "EnrolmentCode",
    "GroupSeat",
    "GroupSession",
    "HttpSession",
    "Mediation",
    "MediationBlockage",
    "MediationReport",
    "OidcLink",
    "Referral",
    "RosterException",
    "RosterSlot",
    "Site",
    "Station",
    "VitalSign",
]

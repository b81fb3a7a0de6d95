"""The stations: enrolment of a kiosk by a one-time code, and its end."""

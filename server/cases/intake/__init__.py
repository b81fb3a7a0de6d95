"""What a station writes down of a patient: the form, reasons, danger signs, vital signs."""

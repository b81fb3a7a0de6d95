"""The case around a call: intake, routing, notes, referral, outcome."""

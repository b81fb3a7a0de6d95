"""The audit trail: who did what on which case, so that nobody can change it afterwards unseen."""

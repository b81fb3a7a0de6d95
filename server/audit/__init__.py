"""What an auditor does with the audit trail: verify, sign checkpoints, read. server/trail writes it."""

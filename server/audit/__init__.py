"""The audit trail in the hands of an auditor: verifying, checkpoints, reading. Writing: server/trail."""

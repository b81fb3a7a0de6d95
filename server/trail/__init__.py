"""Writing the audit trail: what leaves a trace, and the chain of hashes. Reading and verifying: server/audit."""

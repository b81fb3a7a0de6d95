"""Second factors: the six digits of a telephone, passkeys, and recovery codes for the day when both are lost."""

"""Mediators: interpreters and health mediators, invited into a case, bound by a pledge, accountable afterwards."""

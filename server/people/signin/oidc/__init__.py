"""Signing in with a hospital's own accounts (OpenID Connect)."""

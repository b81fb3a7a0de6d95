"""Signing in: password, second factor, or the provider of a hospital (OpenID Connect)."""

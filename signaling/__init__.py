"""The signaling protocol and the life of a consultation. Pure."""

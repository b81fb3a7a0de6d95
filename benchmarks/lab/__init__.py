"""The lab: an emulated thin link, real browsers on both sides of it, and what they measured."""

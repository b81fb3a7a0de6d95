"""The lab: an emulated thin link, real browsers on both sides of it, and the results of their measurements."""

"""The lab and the measurements behind every claim."""

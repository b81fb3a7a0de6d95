"""Group sessions on disk: that they were, who led them, and the consent of each seat. Nothing of what was said."""

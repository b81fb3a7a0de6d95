"""Reports about the work as a whole: counts, never cases."""

"""What is told of the work as a whole: counts, never cases."""

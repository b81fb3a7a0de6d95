"""Who should be there, and how long people waited lately."""

"""The pages, as static files: one folder a face over shared/."""

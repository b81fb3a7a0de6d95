"""Backup and restore (docs/backup.md): everything the server holds, in one file that only an age identity opens."""

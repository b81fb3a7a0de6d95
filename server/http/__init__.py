"""The HTTP face of the server: pages, files, sign-in and the guards around every request."""

"""HTTP for every domain: bodies, errors, guards around each request, pages and their files."""

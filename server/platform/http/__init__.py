"""HTTP for every domain: bodies, errors, guards of each request, pages and their files."""

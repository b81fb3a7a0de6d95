"""The desk: carries out the requests of pages, and tells pages what has changed."""

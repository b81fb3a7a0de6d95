"""What stands under every domain: database, settings, HTTP, logs, metrics and the command line.

Must never import a domain: what a domain has to add is handed in.
"""

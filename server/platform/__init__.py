"""What every domain uses: database, settings, HTTP, logs, metrics and the command line.

Must never import a domain: domains pass in what they add.
"""

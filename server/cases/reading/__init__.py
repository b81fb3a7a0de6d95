"""What somebody reads of a case: the lists, what hangs on it, and the view that his part in it gives.

Must never be asked before `access.opened` has said yes, and never writes.
"""

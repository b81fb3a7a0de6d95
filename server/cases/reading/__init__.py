"""What somebody reads of a case: the lists, what hangs on it, and the view that his part in it gives.

Must never write, nor give what hangs on a case before `access.opened` has said yes.
"""

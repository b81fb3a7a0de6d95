"""Who may read a case: which agreement covers whom, who was let in on it, and until when.

Must never believe what a request says about a reader: the account, the case and the answers on disk decide.
"""

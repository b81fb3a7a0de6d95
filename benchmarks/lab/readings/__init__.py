"""Computes numbers, tables and plots from the collected samples. PURE but for the files of plots and the ledger.

Owns: the definition of every number of a result. Must never start a process.
"""

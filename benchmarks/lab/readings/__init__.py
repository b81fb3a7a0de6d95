"""From what was collected to numbers, tables and plots. PURE but for the files of plots and the ledger.

Owns: what every number of a result means. Must never start anything.
"""

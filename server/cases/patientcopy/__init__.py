"""A patient's own copy: everything held on one case, as one PDF and as one file for machines."""

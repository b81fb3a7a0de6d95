"""The accounts of the house, in the hands of an administrator or an operator."""

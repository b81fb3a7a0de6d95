"""The emulated link: namespaces, TUN devices, and the shape, loss and schedule of each direction.

Owns: everything between two network namespaces, and the named links that are measured. Must never depend on the
content of the packets.
"""

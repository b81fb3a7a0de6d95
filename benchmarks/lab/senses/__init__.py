"""What was heard and seen: the invented voice and picture, and how whole they arrived.

Owns: the material, and delay, intelligibility and picture quality from recordings. Must never drive a browser.
"""

"""The test voice and picture, and the quality with which they arrive.

Owns: the material, and delay, intelligibility and picture quality from recordings. Must never drive a browser.
"""

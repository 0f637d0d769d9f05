"""Pairs made in batches by torch, where the network is: on a GPU, thousands of pictures a second.

The same kinds of fakes, cameras and codecs as ``training.fakes`` and ``training.chain``, written
for batches: ``faces`` lays the store's faces on canvases of one size, ``fakes`` covers them,
``chain`` photographs and compresses both, ``stream`` makes training steps of it.
"""

"""From a source of clips to the manifest.

Comes in: folders, CSV manifests, downloads, the generator, what was computed elsewhere. Goes out:
manifest rows, one a clip, each 'ok' or with the reason why it is left out. Decoding belongs to
`audio`.
"""

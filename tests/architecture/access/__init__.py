"""The access matrix: every URL x method x role x another workspace's object.

Each app's rows are in the module of its name. A URL without a row fails the build.
"""

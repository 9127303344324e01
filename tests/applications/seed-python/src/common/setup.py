from setuptools import setup

setup(name="common", version="0.1.0", packages=["common"])

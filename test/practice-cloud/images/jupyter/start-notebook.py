#!/usr/bin/python3
"""Starts JupyterLab (or what DOCKER_STACKS_JUPYTER_CMD names) with the arguments given."""
import os
import shlex
import sys

command = ["jupyter", os.environ.get("DOCKER_STACKS_JUPYTER_CMD", "lab")]
command += shlex.split(os.environ.get("NOTEBOOK_ARGS", "")) + sys.argv[1:]
os.execvp(command[0], command)

# What is installed, and from where; the other scripts read it.
version=2.0.0
# Of bootstrap/bootstrap.py in that release.
digest=f97d6db8cb0707c188baf988169bc2bd34e6091c5f1761016d7c4efee9563fa9
home=/opt/tljh
python=$home/hub/bin/python3

# The names of a list, which has spaces or commas between them.
names() { printf %s "$1" | tr ',' ' '; }

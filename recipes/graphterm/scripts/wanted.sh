# What the answers ask for; the other scripts read it.
: "${GRAPHTERM_ROLE:=server}" "${GRAPHTERM_AUTH:=singleuser}"
home=/opt/graphterm

on() { [ "$1" = true ]; }
server() { [ "$GRAPHTERM_ROLE" != host ]; }

# The distribution's packages.
packages() {
  echo python2.7 python2.7-dev python3-venv build-essential zip curl
  if server; then echo iptables; fi
  if on "${GRAPHTERM_HTTPS:-}"; then echo openssl; fi
  if on "${GRAPHTERM_SCREEN:-}"; then echo screen; fi
  if on "${GRAPHTERM_NETCDF:-}"; then echo libnetcdf-dev netcdf-bin libhdf5-dev; fi
  if on "${GRAPHTERM_R:-}"; then echo r-base libcurl4-openssl-dev libcairo2-dev libxt-dev; fi
  if on "${GRAPHTERM_PYLAB:-}"; then echo libfreetype-dev libpng-dev pkg-config; fi
}

# Python's packages, each in its last version for Python 2.7.
wheels() {
  echo tornado==4.5.3 graphterm==0.57.0
  if [ "$GRAPHTERM_ROLE" = notebook ] || on "${GRAPHTERM_PYLAB:-}"; then
    # GraphTerm starts notebooks with the profiles of IPython 3.
    echo 'ipython[notebook]<4' 'pyzmq<20' 'jinja2<3' 'jsonschema<3' 'mistune<1' 'terminado<0.9' 'pygments<2.6'
  fi
  if on "${GRAPHTERM_PYLAB:-}"; then echo 'numpy<1.17' 'scipy<1.3' 'matplotlib<3' 'pandas<0.25' pillow qrcode; fi
  if on "${GRAPHTERM_NETCDF:-}"; then echo 'numpy<1.17' 'cftime<1.1' 'netCDF4<1.5.4'; fi
}

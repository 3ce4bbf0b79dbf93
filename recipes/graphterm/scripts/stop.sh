#!/bin/sh
# Takes back what serve.sh did: the settings of before, or no service where there was none. Users' files stay.
systemctl disable --now graphterm.service
if [ -e /etc/graphterm.conf.before ]; then
  mv -f /etc/graphterm.conf.before /etc/graphterm.conf
  mv -f /etc/systemd/system/graphterm.service.before /etc/systemd/system/graphterm.service
  systemctl daemon-reload
  systemctl enable --now graphterm.service
else
  rm -f /etc/graphterm.conf /etc/systemd/system/graphterm.service
  systemctl daemon-reload
fi

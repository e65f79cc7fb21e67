# The unit of the archive, for the places of the package.
1,/^\[Unit\]/{/^#/d}
s|/opt/gateway/docs/|/usr/share/doc/gateway/docs/|
s|^WorkingDirectory=/opt/gateway$|WorkingDirectory=/etc/gateway|
s|/opt/gateway/gateway|/usr/lib/gateway/gateway|
s|^DynamicUser=yes$|User=gateway\nGroup=gateway|

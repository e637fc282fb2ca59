#!/bin/sh
# Both packages from installation to purge, in a fresh system that is theirs; they are beside this file.
set -eux
cd "$(dirname "$0")"

apt-get install -qq -y --no-install-recommends ./ops_*.deb ./opsctl_*.deb
version=$(opsctl version | sed -n 's/^opsctl //p')
for program in ops-api ops-worker; do
	"$program" --version | grep -qxF "$program $version"
done
dpkg --verify ops opsctl

# Pages of the manual are not in so small a system.
systemd-analyze verify --man=no /lib/systemd/system/ops-api.service /lib/systemd/system/ops-worker.service
[ -z "$(find /etc/systemd -name 'ops-*')" ] # an administrator enables them

# An upgrade restarts what runs and stops nothing; settings stay.
grep -q "try-restart 'ops-api.service'" /var/lib/dpkg/info/ops.postinst
[ ! -e /var/lib/dpkg/info/ops.preinst ]
echo '# mine' >>/etc/ops/ops.env
apt-get install -qq -y --reinstall ./ops_*.deb
grep -qx '# mine' /etc/ops/ops.env

apt-get remove -qq -y ops
[ -e /etc/ops/ops.env ]
apt-get purge -qq -y ops opsctl
[ ! -e /etc/ops ]
[ -z "$(find /etc /usr /lib /var/lib -name 'ops-*' -o -name 'opsctl*')" ]

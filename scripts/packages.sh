# shellcheck shell=bash
#
# packages: the lane packages of scripts/test, which sources it after setup.sh. The Debian packages
# are built, judged by lintian, and live a life in a system of their own, which mmdebstrap makes:
# installed, upgraded, removed. Nothing is started there; that is what the other lanes do.

# shellcheck disable=SC2154 # root is of setup.sh
package_dir=build/packages

setup_packages()
{
	if [ "$(id -u)" -ne 0 ] || ! unshare --mount --pid --fork true 2>/dev/null; then
		say 'packages are tried by root only, where mounts and namespaces are allowed'
		return 1
	fi
	(need_packages debhelper lintian mmdebstrap)
}

# Without what goes with them for debuggers.
run_lintian()
{
	lintian --allow-root --fail-on error,warning "$package_dir"/ops_*.deb "$package_dir"/opsctl_*.deb
}

try_packages()
{
	mmdebstrap --quiet --variant=minbase --include=systemd,ca-certificates,usr-is-merged \
		--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
		--customize-hook="cd '$root' && cp $package_dir/ops_*.deb $package_dir/opsctl_*.deb \
			tests/packages/life.sh \"\$1/tmp\"" \
		--customize-hook="chroot \"\$1\" sh /tmp/life.sh" --format=null bookworm
}

lane_packages()
{
	if ! setup_packages; then
		skip 'lane packages: not root, no mounts, or no lintian'
		return
	fi
	check 'packages are built' packaging/debian/build || return
	check lintian run_lintian
	check 'installed, upgraded, removed' try_packages
}

#!/usr/bin/env bash
#
# What the project needs on a Debian 12 machine. Sourced by scripts/build, scripts/demo and
# scripts/test, which call the functions below; run by itself it does what its arguments name:
#
#	scripts/setup.sh [build] [test] [python] [mhd]		(default: all four)
#
# setup_build	packages for building the programs
# setup_test	packages for testing them; daemons among them are not started
# setup_python	scripts/requirements.txt in a virtual environment; exports OPS_PYTHON
# setup_mhd	libmicrohttpd 1.0.10, static; exports PKG_CONFIG_PATH, or says why not
#
# Each returns non-zero with one line on stderr when it cannot, and does nothing, without
# network, when all is there. What is not a package goes to OPS_DEPS_DIR.

set -euo pipefail

setup_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export OPS_DEPS_DIR="${OPS_DEPS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/ops-deps}"

build_packages=(
	gcc libc6-dev make meson ninja-build pkg-config git ca-certificates
	libmicrohttpd-dev libcurl4-openssl-dev libcjson-dev libssl-dev libsqlite3-dev
	libexpat1-dev libinih-dev zlib1g-dev
)

# libclang-rt: sanitizer and fuzzer runtimes; llvm: readable reports; libc6-dbg: valgrind.
test_packages=(
	clang clang-format clang-tidy llvm libclang-rt-14-dev valgrind libc6-dbg
	mandoc man-db groff-base shellcheck codespell bash-completion zsh fish expect
	python3-venv python3-pexpect python3-pyte curl jq sqlite3 strace faketime iproute2 procps
	prometheus nginx-light wrk hyperfine gnuplot-nox
)

mhd_version=1.0.10
# Debian's signature is not asked: this checksum is the stronger statement.
mhd_sha256=04bfe8ef75db7d629a33de767599765cecadc56274a39822d5d081030d577685

setup_say() {
	printf 'setup: %s\n' "$*" >&2
}

# --- packages ---------------------------------------------------------------------------------

missing_packages() {
	local installed package
	installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null || true)
	for package in "$@"; do
		grep -qx "ii *$package" <<<"$installed" || printf '%s\n' "$package"
	done
}

# Runs its arguments as root, or returns 1 where nobody can be asked for a password.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
		sudo "$@"
	else
		return 1
	fi
}

# As root, in a process of its own. A policy-rc.d that denies keeps daemons (nginx, prometheus)
# from starting and taking ports; one that was there before stays.
# shellcheck disable=SC2016
install_script='
set -eu
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap "rm -f $policy" EXIT
	trap "exit 130" INT TERM
	printf "#!/bin/sh\nexit 101\n" >$policy
	chmod 755 $policy
fi
# A third party'\''s list that cannot be fetched must not stop us: the install will tell.
apt-get -qq -o DPkg::Lock::Timeout=300 update ||
	echo "setup: some package lists could not be refreshed" >&2
apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" >/dev/null
'

install_packages() {
	local -a missing
	mapfile -t missing < <(missing_packages "$@")
	[ "${#missing[@]}" -gt 0 ] || return 0

	if ! command -v apt-get >/dev/null; then
		setup_say "not a Debian system; install these first: ${missing[*]}"
		return 1
	fi
	if ! as_root true; then
		setup_say "packages are missing; run as root: apt-get update &&" \
			"apt-get install -y --no-install-recommends ${missing[*]}"
		return 1
	fi
	setup_say "installing ${#missing[@]} packages: ${missing[*]}"
	if ! as_root sh -c "$install_script" sh "${missing[@]}" </dev/null; then
		setup_say "apt-get could not install: ${missing[*]}"
		return 1
	fi
}

setup_build() {
	install_packages "${build_packages[@]}"
}

setup_test() {
	install_packages "${build_packages[@]}" "${test_packages[@]}"
}

# --- things which are not packages: built once, under a lock, moved in place when complete ----

# with_lock NAME COMMAND...
with_lock() {
	local name=$1
	shift
	mkdir -p "$OPS_DEPS_DIR" || return
	(
		flock 9 || exit
		"$@"
	) 9>"$OPS_DEPS_DIR/.$name.lock"
}

python_make() {
	local venv=$1 wanted=$2 log=$OPS_DEPS_DIR/python.log
	[ ! -e "$venv/$wanted" ] || return 0
	setup_say "installing the Python packages of scripts/requirements.txt"
	# Debian's own interpreter: another python3 may come first in PATH. The system's
	# packages stay visible for pexpect and pyte.
	{
		/usr/bin/python3 -m venv --clear --system-site-packages "$venv" &&
			"$venv/bin/pip" install -r "$setup_root/scripts/requirements.txt" &&
			touch "$venv/$wanted"
	} >"$log" 2>&1 </dev/null
}

setup_python() {
	local venv=$OPS_DEPS_DIR/python wanted
	wanted=.complete-$(sha256sum <"$setup_root/scripts/requirements.txt" | cut -c1-16)
	if ! with_lock python python_make "$venv" "$wanted"; then
		setup_say "no Python packages, see $OPS_DEPS_DIR/python.log"
		return 1
	fi
	export OPS_PYTHON=$venv/bin/python
}

# --- libmicrohttpd ----------------------------------------------------------------------------

mhd_is_ready() {
	[ -e "$1/lib/libmicrohttpd.a" ] &&
		[ "$(PKG_CONFIG_PATH=$1/lib/pkgconfig pkg-config --modversion libmicrohttpd \
			2>/dev/null)" = "$mhd_version" ]
}

# The Debian archives this machine is configured for, with or without lists fetched before.
debian_mirrors() {
	apt-get update --print-uris 2>/dev/null |
		sed -nE "s#^'(.*/debian(\.list)?)/+dists/.*#\1#p" | sort -u
}

# apt_get_sid DIR MIRROR ARGS...: apt-get on a configuration, lists and cache of its own, with
# only the suite sid, sources only. Of the system's configuration it keeps how to reach a
# mirror. A mirror that stands still lets sid's Release file expire, hence check-*=no.
apt_get_sid() {
	local dir=$1 mirror=$2
	shift 2
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" || return
	printf 'deb-src [%s] %s sid main\n' \
		'signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no check-date=no' \
		"$mirror" >"$dir/sources.list"
	{
		apt-config dump | grep -E '^Acquire::(https?|Retries|ForceIPv|.*[Pp]roxy)' || true
		printf 'Dir::%s "%s";\n' Etc::main /dev/null Etc::parts /dev/null \
			Etc::sourcelist "$dir/sources.list" Etc::sourceparts /dev/null \
			State::lists "$dir/lists" Cache "$dir/cache"
		printf 'APT::Sandbox::User "root";\nAcquire::Languages "none";\n'
	} >"$dir/apt.conf"
	APT_CONFIG=$dir/apt.conf apt-get -q "$@"
}

mhd_fetch() {
	local dir=$1 tarball=$2 mirror
	while read -r mirror; do
		apt_get_sid "$dir/apt" "$mirror" update || continue
		(cd "$dir" && apt_get_sid "$dir/apt" "$mirror" source --download-only --tar-only \
			libmicrohttpd) || continue
		mhd_tarball_is_right "$dir/${tarball##*/}" || continue
		mv "$dir/${tarball##*/}" "$tarball"
		return
	done < <(debian_mirrors)
	echo "no Debian mirror offers libmicrohttpd_$mhd_version.orig.tar.gz in sid"
	return 1
}

mhd_tarball_is_right() {
	[ -e "$1" ] && sha256sum --quiet --check - <<<"$mhd_sha256  $1"
}

# Without TLS, digest and post processing: what is not linked needs no updates. 1.0.x only knows
# --disable-tools. Moved in place when installed completely.
mhd_compile() {
	local dir=$1 tarball=$2 prefix=$3
	mkdir "$dir/src" "$dir/dest" &&
		tar -xzf "$tarball" -C "$dir/src" --strip-components=1 &&
		cd "$dir/src" &&
		./configure -q --prefix="$prefix" --libdir="$prefix/lib" --disable-shared \
			--disable-https --disable-doc --disable-examples --disable-curl --disable-tools \
			--disable-postprocessor --disable-bauth --disable-dauth --disable-httpupgrade \
			--disable-cookie --enable-epoll=yes \
			CFLAGS='-O2 -g -fPIC -fstack-protector-strong' \
			CPPFLAGS='-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2' &&
		make -s -j"$(nproc)" install DESTDIR="$dir/dest" \
			AUTOMAKE=: ACLOCAL=: AUTOCONF=: AUTOHEADER=: &&
		rm -rf "$prefix" &&
		mv "$dir/dest$prefix" "$prefix"
}

mhd_make() {
	local prefix=$1 tarball dir log=$OPS_DEPS_DIR/libmicrohttpd.log rc=0
	! mhd_is_ready "$prefix" || return 0
	setup_say "building libmicrohttpd $mhd_version from Debian's source"
	tarball=$OPS_DEPS_DIR/libmicrohttpd_$mhd_version.orig.tar.gz
	dir=$(mktemp -d) || return
	{
		mhd_tarball_is_right "$tarball" || mhd_fetch "$dir" "$tarball"
	} >"$log" 2>&1 </dev/null && (mhd_compile "$dir" "$tarball" "$prefix") >>"$log" 2>&1 </dev/null &&
		mhd_is_ready "$prefix" || rc=1
	rm -rf "$dir"
	return "$rc"
}

# Exports OPS_MHD_VERSION: the version that a build made after this links.
setup_mhd() {
	local prefix=$OPS_DEPS_DIR/libmicrohttpd-$mhd_version
	local path=$prefix/lib/pkgconfig
	if with_lock libmicrohttpd mhd_make "$prefix"; then
		case :${PKG_CONFIG_PATH:-}: in
		*:$path:*) ;;
		*) export PKG_CONFIG_PATH=$path${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH} ;;
		esac
	else
		setup_say "no libmicrohttpd $mhd_version (see $OPS_DEPS_DIR/libmicrohttpd.log);" \
			"using the distribution's"
	fi
	OPS_MHD_VERSION=$(pkg-config --modversion libmicrohttpd) || return
	export OPS_MHD_VERSION
}

# --- run by itself ----------------------------------------------------------------------------

setup_main() {
	local part
	[ $# -gt 0 ] || set -- build test python mhd
	for part in "$@"; do
		case $part in
		build | test | python | mhd) "setup_$part" ;;
		*)
			echo "usage: scripts/setup.sh [build] [test] [python] [mhd]" >&2
			exit 2
			;;
		esac
	done
	setup_say "ready: $*"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	setup_main "$@"
fi

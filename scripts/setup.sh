# shellcheck shell=bash
#
# setup: what the other scripts need of the machine. Sourced by them, under set -euo pipefail.
#
#	setup_build	compiler, meson and libraries, from the package manager
#	setup_demo	that, and what scripts/demo calls
#	setup_test	that, and whatever scripts/test calls
#	setup_python	a virtual environment with requirements.txt, first in PATH
#	setup_libraries	libmicrohttpd 1.0.10 and a small libcurl, found by pkg-config
#
# Each does nothing, and needs no network, when everything is there. What is built or
# downloaded stays under $DEPS_DIR. (OPS_ is the prefix of the services' own settings,
# and they refuse those that they do not know.) Errors are tested one by one, because
# set -e does not hold where the caller tests for them.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps_dir=${DEPS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/ops-deps}
export DEPS_DIR=$deps_dir

build_packages=(
	gcc libc6-dev make meson ninja-build pkg-config git ca-certificates
	libmicrohttpd-dev libcurl4-openssl-dev libnghttp2-dev libcjson-dev libssl-dev libsqlite3-dev
	libexpat1-dev libinih-dev zlib1g-dev dpkg-dev
)

# clang only recommends libclang-rt, the run time of its sanitizers and of libFuzzer.
test_packages=(
	clang clang-format clang-tidy llvm libclang-rt-14-dev mandoc man-db groff-base valgrind
	libc6-dbg wrk nginx-light prometheus prometheus-alertmanager iproute2 procps faketime shellcheck
	codespell bash-completion zsh fish expect python3-venv python3-pexpect python3-pyte hyperfine gnuplot-nox curl jq
	sqlite3 strace
)

# Of those, the ones that would run as daemons. We want their programs only.
daemon_packages=(nginx-light prometheus prometheus-alertmanager)
daemon_units=(nginx.service prometheus.service prometheus-alertmanager.service)

mhd_version=1.0.10
mhd_sha256=04bfe8ef75db7d629a33de767599765cecadc56274a39822d5d081030d577685
mhd_prefix=$deps_dir/libmicrohttpd-$mhd_version

say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	say "${0##*/}: $*"
	exit 1
}

# Where each tool fetches from, and what sets another place.
declare -A registries=(
	[apt]='the Debian mirror (/etc/apt/sources.list and what is beside it)'
	[pip]='the index of Python packages (PIP_INDEX_URL, or pip config)'
	[go]='the proxy of Go modules (GOPROXY; see go env)'
	[npm]='the npm registry (npm config get registry)'
	[mvn]='the Maven repository (a mirror in ~/.m2/settings.xml)'
)

# After what the tool itself said. Always fails.
not_fetched()
{
	say "if that was the network: ${registries[$1]} must be within reach; then run this again: what is complete is kept"
	return 1
}

# ---- packages ----

missing_packages()
{
	comm -13 \
		<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
			sed -n 's/^installed //p' | sort -u) \
		<(printf '%s\n' "$@" | sort -u)
}

# Print the words that make a command run as root; fail when there are none.
root_prefix()
{
	if [ "$(id -u)" -eq 0 ]; then
		echo env
	elif sudo -n true 2>/dev/null; then
		echo sudo -n
	elif [ -t 0 ] && command -v sudo >/dev/null; then
		echo sudo
	else
		return 1
	fi
}

apt_install()
{
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
		--no-install-recommends -o DPkg::Lock::Timeout=300 "$@" </dev/null >/dev/null
}

# Install packages and start no daemon, neither now nor at the next boot. A subshell, for its trap.
install_packages()
(
	policy=/usr/sbin/policy-rc.d

	"${as_root[@]}" apt-get update -qq </dev/null || say "apt-get update: went on without some lists"
	if [ ! -e "$policy" ]; then
		trap '"${as_root[@]}" rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
		"${as_root[@]}" chmod 755 "$policy"
	fi
	apt_install "$@" || exit 1
	if command -v systemctl >/dev/null &&
		printf '%s\n' "$@" | grep -qxF -f <(printf '%s\n' "${daemon_packages[@]}"); then
		"${as_root[@]}" systemctl --quiet disable "${daemon_units[@]}" || true
	fi
)

need_packages()
{
	local missing as_root

	command -v dpkg-query >/dev/null ||
		die "this needs Debian 12 or a relative of it; packages by their Debian names: $*"
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -gt 0 ] || return 0

	read -r -a as_root < <(root_prefix) ||
		die "packages are missing; run: sudo apt-get update; sudo apt-get install --no-install-recommends ${missing[*]}"
	say "installing ${#missing[@]} packages: ${missing[*]}"
	install_packages "${missing[@]}" || {
		not_fetched apt || die "not all packages could be installed"
	}
}

setup_build()
{
	need_packages "${build_packages[@]}"
}

setup_demo()
{
	need_packages "${build_packages[@]}" curl jq
}

setup_test()
{
	need_packages "${build_packages[@]}" "${test_packages[@]}"
}

# ---- Python ----

# Debian's python3, not another that is first in PATH: pexpect and pyte are its packages. pip takes
# nothing but files whose SHA-256 is in the requirements (scripts/pins), and builds nothing: what a
# build fetches has no pin.
make_venv()
{
	local venv=$1 requirements=$2

	shift 2
	say "installing the Python packages of ${requirements#"$root/"}"
	rm -rf "$venv"
	/usr/bin/python3 -m venv "$@" "$venv" || return 1
	"$venv/bin/pip" install --quiet --no-input --disable-pip-version-check --require-hashes \
		--only-binary :all: -r "$requirements" || not_fetched pip || return 1
	touch "$venv/complete"
}

# setup_venv PLACE REQUIREMENTS [OPTION...]: PLACE becomes a link to a virtual environment, which is
# made once for each content of the file. Programs may still run in the one before: it stays.
setup_venv()
(
	place=$1 requirements=$2
	shift 2
	made=$place-$(sha256sum <"$requirements" | cut -c 1-12)

	mkdir -p "${place%/*}"
	exec 9>"$place.lock"
	flock 9
	[ -e "$made/complete" ] || make_venv "$made" "$requirements" "$@" || exit 1
	[ "$(readlink "$place")" != "${made##*/}" ] || exit 0
	[ -L "$place" ] || rm -rf "$place"
	ln -sfn "${made##*/}" "$place.new" && mv -T "$place.new" "$place"
)

setup_python()
{
	setup_venv "$deps_dir/venv" "$root/scripts/requirements.txt" --system-site-packages ||
		return 1
	export PATH=$deps_dir/venv/bin:$PATH
}

# ---- libraries built here ----

# The Debian mirror that this machine uses; nothing on a machine without one. --print-uris also
# answers where the package lists were removed, as in most container images.
debian_mirror()
{
	apt-get update --print-uris 2>/dev/null |
		sed -nE "s#^'(.*/debian(\.list)?)/+dists/.*#\1#p" | sort -u | sed -n 1p
}

# The lines of the machine's package sources, for source packages.
machine_sources()
{
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
		sed -n 's/^deb /deb-src /p'
	awk '
		/^URIs:/ { uris = $2 }
		/^Suites:/ { suites = substr($0, 9) }
		/^Signed-By:/ { key = " [signed-by=" $2 "]" }
		function flush(   n, i, part) {
			n = split(suites, part, " ")
			for (i = 1; i <= n && uris != ""; i++)
				print "deb-src" key, uris, part[i], "main"
			uris = suites = key = ""
		}
		/^$/ { flush() }
		END { flush() }
	' /etc/apt/sources.list.d/*.sources 2>/dev/null
}

# apt-get with a configuration of its own under $1, so that the machine's lists stay as they are.
private_apt()
{
	local dir=$1

	shift
	apt-get -qq -o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache" \
		-o APT::Sandbox::User=root "$@" </dev/null # the directory is not for the user _apt
}

# Run make_<name> once, with a lock, a log, and a temporary directory that does not stay. It
# installs into $dir/stage; what it puts at <prefix> there moves to its place when it is whole.
build_once()
(
	name=$1 prefix=$2

	mkdir -p "$deps_dir"
	exec 9>"$deps_dir/.lock"
	flock 9
	[ ! -d "$prefix" ] || exit 0
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	say "building ${prefix##*/} from Debian's source"
	"make_$name" "$dir" >"$deps_dir/$name.log" 2>&1 &&
		mv -T "$dir/stage$prefix" "$prefix"
)

# Build a library, or say why the distribution's must do.
setup_library()
{
	local name=$1 prefix=$2

	if build_once "$name" "$prefix"; then
		export PKG_CONFIG_PATH=$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
	else
		say "${prefix##*/}: not to be had, so the distribution's is used" \
			"(see $deps_dir/$name.log)"
	fi
}

# Fetch the source package into the directory $1. A mirror that stands still has an outdated
# Release file for sid (hence check-valid-until=no); the checksum decides anyhow. A mirror keeps
# sid's current version only: when that is another one, or there is no mirror, put
# libmicrohttpd_1.0.10.orig.tar.gz into $DEPS_DIR by hand.
fetch_mhd()
{
	local dir=$1 mirror

	mirror=$(debian_mirror)
	[ -n "$mirror" ] || return 1
	echo "deb-src [check-valid-until=no] $mirror sid main" >"$dir/sources.list"
	private_apt "$dir" update || return 1
	(cd "$dir" && private_apt "$dir" source --download-only libmicrohttpd)
}

compile_mhd()
{
	local source=$1 stage=$2

	cd "$source" || return 1
	./configure -q --prefix="$mhd_prefix" --disable-shared --disable-https --disable-doc \
		--disable-examples --disable-curl --disable-tools --disable-postprocessor \
		--disable-bauth --disable-dauth --disable-httpupgrade --disable-cookie \
		--enable-epoll=yes CFLAGS='-O2 -g -fPIC' || return 1
	# One patch is newer than Makefile.in: without these words make would call automake.
	make -s -j "$(nproc)" AUTOMAKE=: ACLOCAL=: AUTOCONF=: AUTOHEADER=: DESTDIR="$stage" install
}

make_mhd()
{
	local dir=$1 archive=libmicrohttpd_$mhd_version.orig.tar.gz

	if [ ! -e "$deps_dir/$archive" ]; then
		fetch_mhd "$dir" && mv "$dir/$archive" "$deps_dir/" || return 1
	fi
	if ! echo "$mhd_sha256  $deps_dir/$archive" | sha256sum --check --quiet; then
		rm -f "$deps_dir/$archive"
		return 1
	fi
	tar -x -f "$deps_dir/$archive" -C "$dir" || return 1
	(compile_mhd "$dir/libmicrohttpd-$mhd_version" "$dir/stage")
}

# The same version, patches included, as the package that the machine has.
curl_version()
{
	dpkg-query -W -f '${Version}' libcurl4-openssl-dev
}

# Where the small libcurl is, for the version that the machine has.
curl_prefix()
{
	local version

	version=$(curl_version) && echo "$deps_dir/curl-lean-${version//[:~]/_}"
}

# Put HTTP/2 into the archive $1, so that programs load no library for it.
add_nghttp2()
{
	local archive=$1 nghttp2

	nghttp2=$(pkg-config --variable=libdir libnghttp2)/libnghttp2.a || return 1
	printf '%s\n' "open $archive" "addlib $nghttp2" save end | ar -M
}

# The .pc must name what a static library needs, because nobody asks for --static.
compile_curl()
{
	local source=$1 stage=$2 prefix=$3

	cd "$source" || return 1
	./configure -q --prefix="$prefix" --disable-shared --with-openssl \
		--enable-threaded-resolver --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt \
		--with-nghttp2 --without-{ca-path,zlib,brotli,zstd,libpsl,libidn2,librtmp} \
		--without-{libssh2,libssh,gssapi,libgsasl} \
		--disable-{alt-svc,cookies,dict,doh,file,ftp,gopher,hsts,imap,ldap,ldaps,manual} \
		--disable-{mqtt,netrc,ntlm,pop3,rtsp,smb,smtp,telnet,tftp,tls-srp,websockets} \
		--disable-{aws,dateparse,get-easy-options,mime,unix-sockets} \
		CFLAGS='-O2 -g -fPIC -fstack-protector-strong -ffunction-sections -fdata-sections' ||
		return 1
	make -s -j "$(nproc)" -C lib DESTDIR="$stage" install &&
		make -s -C include DESTDIR="$stage" install &&
		make -s DESTDIR="$stage" install-pkgconfigDATA &&
		add_nghttp2 "$stage$prefix/lib/libcurl.a" &&
		sed -i "s/^Libs: .*/Libs: -L\${libdir} -lcurl -lssl -lcrypto -pthread/" \
			"$stage$prefix/lib/pkgconfig/libcurl.pc"
}

make_curl()
{
	local dir=$1 version prefix

	version=$(curl_version) && prefix=$(curl_prefix) || return 1
	machine_sources >"$dir/sources.list"
	private_apt "$dir" update || return 1
	(cd "$dir" && private_apt "$dir" source "curl=$version") || return 1
	(compile_curl "$(find "$dir" -maxdepth 1 -type d -name 'curl-*')" "$dir/stage" "$prefix")
}

# Debian's libcurl brings thirty libraries (LDAP, SSH, Kerberos, GnuTLS); loading them takes 5 MiB
# and 10 ms of every program. Ours speaks HTTP over OpenSSL only.
setup_libraries()
{
	local prefix

	setup_library mhd "$mhd_prefix"
	prefix=$(curl_prefix) && setup_library curl "$prefix"
}

# ---- building ----

# Make or renew the build files of the tree $1; the other words are options of meson setup.
configure_tree()
{
	local tree=$1

	shift
	if [ ! -f "$tree/build.ninja" ]; then
		meson setup "$tree" . "$@"
		return
	fi
	[ $# -eq 0 ] || meson configure "$tree" "$@" || return 1
	ninja -C "$tree" build.ninja # runs meson when one of its files has changed
}

# Bring the build tree $1 up to date: all of it, or what is installed, without the tests. The other
# words are options of meson setup. Says nothing when all goes well.
make_tree()
{
	make_targets all "$@"
}

make_programs()
{
	make_targets programs "$@"
}

make_targets()
{
	local targets=$1 tree=$2

	shift
	mkdir -p "$tree"
	configure_tree "$@" >"$tree/setup.log" 2>&1 || {
		tail -n 8 "$tree/setup.log" >&2
		return 1
	}
	ninja -C "$tree" --quiet "$targets"
}

# shellcheck shell=bash
#
# images: the lane images of scripts/test, which sources it after setup.sh. Each container image is
# built twice, without a container daemon, and must have the same digest; it is small, not root's,
# and has nothing in it that could be written to. Then the root file systems are put to work,
# read-only, with the requests of scripts/demo. The images are left as build/images/<name>.tar,
# for docker load.
#
# buildah runs the steps in a chroot, on a base that mmdebstrap makes of Debian's packages: no
# registry is asked. docker build does the same with the Dockerfile.

# shellcheck disable=SC2154 # root is of setup.sh
image_dir=build/images
image_names=(ops-api ops-worker opsctl)
image_max=$((99 * 1024 * 1024 / 10)) # 10 MiB, less what the next change may need
image_base=localhost/ops-base:bookworm
export BUILDAH_ISOLATION=chroot

setup_images()
{
	if [ "$(id -u)" -ne 0 ]; then
		say 'images are built by root only, here'
		return 1
	fi
	if ! unshare --mount --pid --fork true 2>/dev/null; then
		say 'images need mounts and namespaces, which are not allowed here'
		return 1
	fi
	(need_packages buildah mmdebstrap jq)
}

# overlay where it can be mounted; vfs copies every layer.
choose_storage()
{
	STORAGE_DRIVER=overlay
	export STORAGE_DRIVER
	buildah info >/dev/null 2>&1 || STORAGE_DRIVER=vfs
}

# As debian:bookworm-slim; made anew, for Debian may have newer packages. The package usr-is-merged
# in place of usrmerge saves all of perl.
make_base()
(
	tar=$(mktemp)
	trap 'rm -f "$tar"' EXIT
	mmdebstrap --quiet --variant=minbase --include=usr-is-merged --format=tar \
		--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$tar" || exit 1
	container=$(buildah from scratch) &&
		buildah add --quiet "$container" "$tar" / &&
		buildah commit --quiet --timestamp 0 --rm "$container" "$image_base"
)

# build_image TARGET ROUND BASE [OPTION...]: nothing is taken from earlier builds.
build_image()
{
	local target=$1 round=$2 base=$3

	shift 3
	buildah build --pull=never --no-cache --target "$target" \
		--build-arg BASE="$base" --build-arg SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" \
		--tag "localhost/$target:$round" "$@" .
}

# The stage that builds the programs is its own base for the images: its steps find their work done.
# (buildah does not look into its cache when it sets the time, which makes the images reproducible.)
build_round()
{
	local name

	build_image build "$1" "$image_base" || return 1
	for name in "${image_names[@]}"; do
		build_image "$name" "$1" "localhost/build:$1" --timestamp "$SOURCE_DATE_EPOCH" || return 1
	done
}

image_value()
{
	buildah inspect --type image --format "{{$2}}" "localhost/$1"
}

same_digest()
{
	local name first second

	for name in "${image_names[@]}"; do
		first=$(image_value "$name:first" .FromImageDigest)
		second=$(image_value "$name:second" .FromImageDigest)
		echo "$name $first $second"
		[ -n "$first" ] && [ "$first" = "$second" ] || return 1
	done
}

save_image()
{
	local file=$image_dir/$1.tar

	rm -f "$file"
	buildah push --quiet "localhost/$1:first" "docker-archive:$file:$1:dev" || return 1
	[ "$(stat -c %s "$file")" -le "$image_max" ] || {
		echo "$file: $(stat -c %s "$file") bytes, more than $image_max"
		return 1
	}
	[ "$(image_value "$1:first" .OCIv1.Config.User)" = 65532:65532 ] &&
		[ "$(image_value "$1:first" '(index .OCIv1.Config.Labels "org.opencontainers.image.title")')" = "$1" ]
}

print_sizes()
{
	local name

	for name in "${image_names[@]}"; do
		printf '          %s: %d bytes, %d compressed\n' "$name" \
			"$(stat -c %s "$image_dir/$name.tar")" \
			"$(gzip -9 -c "$image_dir/$name.tar" | wc -c)"
	done
}

# Nobody but root may own anything, and nobody may write but to /tmp.
nothing_to_write()
{
	local found

	found=$(find "$1" \( ! -user root -o -perm /022 \) ! -type l ! -path "$1/tmp") || return 1
	[ -z "$found" ] || { echo "$found"; return 1; }
}

# Versions of what is linked in, for those who look for known faults, and whether Debian has newer.
up_to_date()
{
	local file package version candidate status=0

	for file in "$1"/var/lib/dpkg/status.d/*; do
		package=$(sed -n 's/^Package: //p' "$file") version=$(sed -n 's/^Version: //p' "$file")
		candidate=$(apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')
		echo "$package $version${candidate:+, Debian has $candidate}"
		[ -z "$candidate" ] || dpkg --compare-versions "$version" ge "$candidate" || status=1
	done
	return $status
}

check_images()
{
	local name container mounted=()

	for name in "${image_names[@]}"; do
		check "$name: size, user and label" save_image "$name" || continue
		container=$(buildah from --pull=never "localhost/$name:first")
		image_containers+=("$container")
		mounted+=("$(buildah mount "$container")")
		check "$name: nothing to write" nothing_to_write "${mounted[-1]}"
		check "$name: no part is outdated" up_to_date "${mounted[-1]}"
	done
	print_sizes
	check 'requests of the demo, on read-only roots' tests/images/requests.py "${mounted[@]}"
}

remove_containers()
{
	[ ${#image_containers[@]} -eq 0 ] || buildah rm "${image_containers[@]}" >/dev/null
}

lane_images()
{
	local image_containers=()

	if ! setup_images; then
		skip 'lane images: not root, no mounts, or no buildah'
		return
	fi
	choose_storage
	SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
	export SOURCE_DATE_EPOCH
	mkdir -p "$image_dir"
	check 'base image' make_base || return
	check 'first build' build_round first || return
	check 'second build' build_round second || return
	check 'the same digest twice' same_digest
	check_images
	remove_containers
}

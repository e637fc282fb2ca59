#!/usr/bin/env bash
#
# Check Terraform directories without an account: init, validate and the mocked tests of each,
# against a stand-in for the provider (tools/tfstub).
#
#	scripts/terraform.sh [--docs] [--provider] [DIRECTORY...]
#
# All below terraform/ when no directory is given. With --docs the tables of inputs and outputs in
# the README of each are renewed first. With --provider the provider itself is used, where its
# registry can be reached.
#
# Sourced by scripts/test after setup.sh and peers.sh, it brings:
#
#	setup_terraform	an engine, $TF, and the stand-in provider
#	setup_...	the other tools
#	stub_start	run that provider, for the types named below the given directories
#	stub_stop	end it
#	tf_...		the steps for one directory
#
# The engine is $TF if that is set, else terraform or tofu when one is new enough, else OpenTofu
# built from its Go module. What is built is kept under $DEPS_DIR/terraform, under a name made of
# the hash of what it was built from.

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	set -uo pipefail
	# shellcheck source=scripts/setup.sh
	. "$(dirname "$0")/setup.sh"
	# shellcheck source=scripts/peers.sh
	. "$(dirname "$0")/peers.sh"
fi

# shellcheck disable=SC2154 # root and deps_dir are of setup.sh
terraform_dir=$deps_dir/terraform
engine_min=1.11.0 # write-only arguments, locks in S3

# Nothing of the user's own settings, no question to anybody.
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_CLI_CONFIG_FILE=$terraform_dir/engine.conf

# ---- what is built ----

# kept NAME FUNCTION FILE...: set the variable kept to a directory that FUNCTION has filled, once
# for each content of the files.
kept()
{
	local name=$1 make=$2 hash

	shift 2
	hash=$(cat "$@" | sha256sum | cut -c 1-12)
	kept=$terraform_dir/$name-$hash
	[ ! -d "$kept" ] || return 0
	mkdir -p "$terraform_dir"
	(
		flock 9
		[ ! -d "$kept" ] || exit 0
		say "installing $name (log: $terraform_dir/$name.log)"
		rm -rf "$kept.new"
		mkdir "$kept.new"
		"$make" "$kept.new" >"$terraform_dir/$name.log" 2>&1 || {
			tail -n 5 "$terraform_dir/$name.log" >&2
			exit 1
		}
		mv -T "$kept.new" "$kept"
	) 9>"$terraform_dir/.lock-$name"
}

# All tools the same way, their tests too, so that each package is compiled once. Half of the work are
# clients of AWS's services, which nobody here runs: they need no optimizing.
tool_flags=(-ldflags='-s -w' '-gcflags=github.com/aws/aws-sdk-go-v2/service/...=-N -l')

# With its tests: where this is kept and the modules are not, as in pipelines, Go is not needed again.
# The schema of the provider comes with a linter that is used anyway.
make_stub()
{
	local rules=github.com/terraform-linters/tflint-ruleset-aws module

	go_in tools build "${tool_flags[@]}" -o "$1/" ./tfstub &&
		go_in tools test "${tool_flags[@]}" -c -o "$1/" ./tfstub &&
		go_in tools mod download "$rules" &&
		module=$(go_in tools list -m -f '{{.Dir}}' "$rules") || not_fetched go || return 1
	cp "$module/tools/provider-schema/schema.json" "$1/"
}

# "no" takes the "-dev" off its version.
make_tofu()
{
	go_in tools/tofu build \
		-ldflags='-s -w -X github.com/opentofu/opentofu/version.dev=no' -o "$1/" \
		github.com/opentofu/opentofu/cmd/tofu || not_fetched go
}

is_engine()
{
	local version

	version=$("$1" version -json 2>/dev/null | jq -r .terraform_version) || return 1
	printf '%s\n' "$engine_min" "$version" | sort -CV
}

setup_engine()
{
	local engine

	mkdir -p "$terraform_dir"
	echo 'disable_checkpoint = true' >"$TF_CLI_CONFIG_FILE"
	for engine in ${TF:+"$TF"} terraform tofu; do
		if is_engine "$engine"; then
			TF=$engine
			return
		fi
	done
	setup_tofu && TF=$kept/tofu
}

setup_tofu()
{
	kept tofu make_tofu "$root"/tools/tofu/go.{mod,sum}
}

make_linters()
{
	go_in tools build "${tool_flags[@]}" -o "$1/" tool || not_fetched go || return 1
	mkdir "$1/plugins" && mv "$1/tflint-ruleset-aws" "$1/plugins/"
}

make_iam()
{
	cp "$root"/tools/iam/*.{json,mjs} "$1/" || return 1
	npm --prefix "$1" ci --ignore-scripts --no-audit --no-fund || not_fetched npm
}

setup_linters()
{
	kept linters make_linters "$root"/tools/go.{mod,sum} && linters_dir=$kept
}

setup_scanners()
{
	setup_venv "$terraform_dir/venv" "$root/tools/python/requirements.txt"
}

setup_iam()
{
	command -v npm >/dev/null || (need_packages npm) || return 1
	# shellcheck disable=SC2034 # for terraform-lane.sh
	kept iam make_iam "$root"/tools/iam/*.{json,mjs} && iam_dir=$kept
}

setup_stub()
{
	kept stand-in make_stub "$root"/tools/go.{mod,sum} "$root"/tools/tfstub/*.go && stub_dir=$kept
}

setup_terraform()
{
	command -v go >/dev/null || (need_packages golang-go) || return 1
	command -v jq >/dev/null || (need_packages jq) || return 1
	setup_engine && setup_stub
}

# ---- the stand-in provider ----

stub_pid=

# The stub writes its line after the file is there: NAME='...'
is_whole()
{
	[[ $(cat "$1") == *\'*\' ]]
}

# Sets TF_REATTACH_PROVIDERS, by which the engine finds it.
stub_start()
{
	local env status=0

	env=$(mktemp)
	"$stub_dir/tfstub" -schema "$stub_dir/schema.json" -env "$env" "${@/#/-tree=}" \
		>"$env.log" 2>&1 &
	stub_pid=$!
	trap stub_stop EXIT
	until is_whole "$env" || ! kill -0 "$stub_pid" 2>/dev/null; do
		sleep 0.05
	done
	if is_whole "$env"; then
		set -a
		# shellcheck disable=SC1090 # one line: TF_REATTACH_PROVIDERS='...'
		. "$env"
		set +a
	else
		cat "$env.log" >&2
		status=1
	fi
	rm -f "$env" "$env.log"
	return $status
}

stub_stop()
{
	[ -n "$stub_pid" ] || return 0
	kill "$stub_pid" 2>/dev/null
	wait "$stub_pid" 2>/dev/null
	stub_pid=
	trap - EXIT
}

# ---- the steps for one directory ----

# Directories that are modules, those of tests aside.
tf_directories()
{
	find "$@" -name .terraform -prune -o -name '*.tf' -printf '%h\n' | grep -v '/tests\b' | sort -u
}

# tf_in DATA DIRECTORY COMMAND...: what the engine keeps goes to DATA, not into the tree.
tf_in()
{
	local data=$1 dir=$2

	shift 2
	TF_DATA_DIR=$data "$TF" -chdir="$dir" "$@"
}

tf_validate()
{
	tf_in "$1" "$2" init -backend=false -input=false -no-color >"$1.log" || {
		cat "$1.log"
		return 1
	}
	tf_in "$1" "$2" validate -no-color
}

tf_test()
{
	local colour=-no-color

	[ ! -t 1 ] || colour=
	tf_in "$1" "$2" test ${colour:+"$colour"}
}

tf_docs()
{
	"$linters_dir/terraform-docs" -c "$root/terraform/.terraform-docs.yml" "$@"
}

# ---- by hand ----

tf_check()
{
	local dir=$1 data status=0

	data=$(mktemp -d)
	echo "== $dir"
	"$TF" fmt -check -diff "$dir" || status=1
	tf_validate "$data/data" "$dir" && tf_test "$data/data" "$dir" || status=1
	rm -rf "$data"
	return $status
}

main()
{
	local dirs dir docs='' stub=yes bad=()

	while [[ ${1:-} == --* ]]; do
		case $1 in
		--docs) docs=yes ;;
		--provider) stub='' ;;
		*) die 'usage: scripts/terraform.sh [--docs] [--provider] [DIRECTORY...]' ;;
		esac
		shift
	done
	dirs=("$@")
	[ $# -gt 0 ] || mapfile -t dirs < <(tf_directories "$root/terraform")
	for dir in "${dirs[@]}"; do
		[ -d "$dir" ] || die "$dir: no such directory"
	done
	setup_terraform || die 'neither an engine nor the stand-in provider can be had'
	[ -z "$docs" ] || setup_linters || die 'terraform-docs cannot be had'
	[ -z "$stub" ] || stub_start "$root/terraform" "${dirs[@]}" ||
		die 'the stand-in provider does not start'
	for dir in "${dirs[@]}"; do
		[ -z "$docs" ] || tf_docs "$dir"
		tf_check "$dir" || bad+=("$dir")
	done
	stub_stop
	echo "${#dirs[@]} directories, ${#bad[@]} failed${bad[*]:+: ${bad[*]}}"
	[ ${#bad[@]} -eq 0 ]
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	main "$@"
fi

# shellcheck shell=bash
#
# peers: servers that nobody here wrote, for the AWS side of tests and of scripts/demo. Sourced
# after setup.sh.
#
#	setup_peers	installs, once, ElasticMQ (SQS), versitygw (S3), moto (SSM, STS, ...),
#			ministack (metadata services) and toxiproxy (faults) under $DEPS_DIR/peers
#
# All are pinned, and by hash: requirements.txt and elasticmq.sha256 in tests/peers, go.sum in
# tools/peers. tests/peers/peers.py starts and stops them.

# shellcheck disable=SC2154 # root and deps_dir are of setup.sh
peers_dir=$deps_dir/peers
downloads_dir=$peers_dir/downloads # sources, and a compiler: more than a gigabyte, removed at the end
elasticmq_dir=$peers_dir/elasticmq-1.7.1
versitygw_version=1.7.0
toxiproxy_version=2.12.0
go_version=1.26.8
go_sums=( # of it as a module, for amd64 and arm64, as a go.sum would have them
	h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=
	h1:sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc=
)

# Commands rather than packages: where Go, a JDK or Maven stands already, it will do.
peer_packages()
{
	command -v java >/dev/null || echo openjdk-17-jre-headless
	command -v mvn >/dev/null || echo maven
	command -v go >/dev/null || echo golang-go
	command -v git >/dev/null || echo git
	command -v jq >/dev/null || echo jq
}

# Run into a directory that appears under its own name only when it is whole.
into()
{
	local dir=$1 status

	shift
	[ ! -d "$dir" ] || return 0
	say "installing ${dir##*/}"
	rm -rf "$dir.new"
	mkdir -p "$dir.new"
	"$@" "$dir.new" >"$peers_dir/${dir##*/}.log" 2>&1
	status=$?
	if [ $status -ne 0 ]; then
		say "${dir##*/}: the end of $peers_dir/${dir##*/}.log:"
		tail -n 5 "$peers_dir/${dir##*/}.log" >&2
		return $status
	fi
	mv -T "$dir.new" "$dir"
}

# The jars must be those of the list, no more and no less. Maven itself checks only that they are what
# the repository says they are.
make_elasticmq()
{
	mvn -q -B -C -ntp -f "$root/tests/peers/elasticmq-pom.xml" \
		org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies \
		-Dmaven.repo.local="$downloads_dir/maven" -DoutputDirectory="$1" ||
		not_fetched mvn || return 1
	(cd "$1" && LC_ALL=C bash -c 'sha256sum -- *.jar') |
		diff "$root/tests/peers/elasticmq.sha256" -
}

# The Go of the machine, when it is new enough; else one fetched by it as a module.
go_binary()
{
	local have module

	module=golang.org/toolchain@v0.0.1-go$go_version.linux-$(dpkg --print-architecture)
	have=$(go env GOVERSION)
	if printf '%s\n' "go1.26" "$have" | sort -CV; then
		command -v go
	else
		go mod download -json "$module" |
			jq -re 'select(.Sum | IN($ARGS.positional[])) | .Dir + "/bin/go"' \
				--args "${go_sums[@]}"
	fi
}

# Run Go in the module $1 of this repository, whose go.sum has the hash of all that it needs. Which Go
# is asked elsewhere, since an old one cannot read the module's file. A Go that came as a module has
# lost its files' modes.
go_in()
(
	go=$(cd / && GOTOOLCHAIN=local go_binary) && [ -n "$go" ] || exit 1
	[ -x "$go" ] || chmod -R u+x "${go%/bin/go}" || exit 1
	cd "$root/$1" || exit 1
	shift
	GOTOOLCHAIN=local GOFLAGS='-buildvcs=false -modcacherw -trimpath' CGO_ENABLED=0 nice "$go" "$@"
)

make_go_program()
(
	export GOPATH=$downloads_dir/go GOCACHE=$downloads_dir/go-build

	go_in tools/peers build -o "$2/" "$1" || not_fetched go
)

make_versitygw()
{
	make_go_program github.com/versity/versitygw/cmd/versitygw "$1"
}

make_toxiproxy()
{
	make_go_program github.com/Shopify/toxiproxy/v2/cmd/server "$1"
}

setup_peers()
(
	mapfile -t packages < <(peer_packages)
	need_packages python3-venv "${packages[@]}"
	mkdir -p "$peers_dir"
	exec 9>"$peers_dir/.lock"
	flock 9
	setup_venv "$peers_dir/aws-venv" "$root/tests/peers/requirements.txt" &&
		setup_venv "$peers_dir/ministack-venv" "$root/tests/peers/ministack-requirements.txt" &&
		into "$elasticmq_dir" make_elasticmq &&
		into "$peers_dir/versitygw-$versitygw_version" make_versitygw &&
		into "$peers_dir/toxiproxy-$toxiproxy_version" make_toxiproxy &&
		rm -rf "$downloads_dir"
)

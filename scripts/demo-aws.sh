# shellcheck shell=bash
#
# demo-aws: the system of scripts/demo --aws-local: SQS, S3 and SSM as others have written them, and
# the two services beside them, each under a loop that starts it again, as ECS would. Runs under
# tests/peers/peers.py, which has set the variables of the SDKs.

# shellcheck disable=SC2034,SC2154 # of and for scripts/demo, scripts/peers.sh

system_what='queue in SQS (ElasticMQ), store in S3 (versitygw), a token in SSM (moto)'
counted_with='aws s3 cp, cat, sort and uniq'
load_rate=500
export XDG_CONFIG_HOME
export OPS_QUEUE=$demo_queue OPS_STORE=s3://demo/in/ OPS_SECRET=ssm:/demo/token
export OPS_LOG_FORMAT=json OPS_LISTEN OPS_ADMIN_LISTEN

opsctl()
{
	"$tree/cmd/opsctl/opsctl" --context demo "$@"
}

# port SERVICE ROLE: where it listens, or has listened; else 0, which is any.
port()
{
	jq -rRn --arg role "$2" \
		'[inputs | fromjson? | select(.message == "listening" and .role == $role)] | last | ."server.port" // 0' \
		"$work/$1.log"
}

# In the background: start it, and again whenever it ends, until the demo is over.
keep_running()
{
	local status=0

	: >"$work/$1.log"
	until [ -e "$work/over" ]; do
		OPS_LISTEN=127.0.0.1:$(port "$1" public)
		OPS_ADMIN_LISTEN=127.0.0.1:$(port "$1" admin)
		setpriv --pdeathsig KILL "$tree/svc/$1/ops-$1" 2>>"$work/$1.log" &
		echo $! >"$work/$1.pid"
		status=0
		wait $! || status=$?
		[ -e "$work/over" ] || echo "ops-$1 ended with $status, and is ready again soon" >>"$work/restarts"
		sleep 0.2
	done
	return $status
}

is_started()
{
	grep -qs '"message":"started"' "$work/$1.log"
}

write_context()
{
	XDG_CONFIG_HOME=$work/config
	mkdir -p "$XDG_CONFIG_HOME/opsctl"
	umask 077 # opsctl reads no other
	cat >"$XDG_CONFIG_HOME/opsctl/contexts.ini" <<-END
		[demo]
		url = $url
		queue = $OPS_QUEUE
		store = $OPS_STORE
		secret = $OPS_SECRET
		region = $AWS_REGION
		api-admin-url = http://127.0.0.1:$(port api admin)
		worker-admin-url = http://127.0.0.1:$(port worker admin)
	END
}

system_start()
{
	shown "OPS_QUEUE=$OPS_QUEUE OPS_SECRET=$OPS_SECRET ops-api"
	shown "OPS_QUEUE=$OPS_QUEUE OPS_STORE=$OPS_STORE ops-worker"
	keep_running api 2>"$work/loops.log" &
	api_pid=$!
	keep_running worker 2>>"$work/loops.log" &
	worker_pid=$!
	for _ in $(seq 3000); do
		if is_started api && is_started worker; then
			url=http://127.0.0.1:$(port api public)
			write_context
			note "ops-api at $url; opsctl knows all of it as the context 'demo'"
			return
		fi
		sleep 0.1
	done
	cat "$work"/*.log
	fail 'the services did not start'
}

system_pids()
{
	cat "$work/api.pid" "$work/worker.pid"
}

system_restarts()
{
	cat "$work/restarts"
}

# What ops-api answered in its last moment is still in time for the worker.
system_stop()
{
	touch "$work/over"
	kill -TERM "$(cat "$work/api.pid")"
	wait "$api_pid" || fail "ops-api ended with $? after SIGTERM"
	kill -TERM "$(cat "$work/worker.pid")"
	wait "$worker_pid" || fail "ops-worker ended with $? after SIGTERM"
	api_pid='' worker_pid=''
}

# On the way out, whatever state it is in: one of them may just be starting again.
system_kill()
{
	local pid

	touch "$work/over"
	for pid in ${api_pid:-} ${worker_pid:-}; do
		while kill -0 "$pid" 2>/dev/null; do
			system_pids | xargs kill -TERM 2>/dev/null || true
			sleep 0.2
		done
	done
}

stored_lines()
{
	if [ ! -d "$work/objects" ]; then
		"$peers_dir/aws-venv/bin/aws" s3 cp --recursive --quiet s3://demo/in/ "$work/objects"
	fi
	find "$work/objects" -type f -print0 | xargs -0 cat
}

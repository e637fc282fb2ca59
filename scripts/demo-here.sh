# shellcheck shell=bash
#
# demo-here: the system of scripts/demo as opsctl runs it: a SQLite file, a directory, a token file,
# and both services under opsctl up, which starts again what is killed.

# shellcheck disable=SC2034,SC2154 # of and for scripts/demo

system_what='queue in a SQLite file, store in a directory, a new token'
counted_with='find, cat, sort and uniq'
load_rate=2000
export OPSCTL_LOCAL_DIR

opsctl()
{
	"$tree/cmd/opsctl/opsctl" --context local "$@"
}

up_value()
{
	sed -n "s/^$1 = //p" "$OPSCTL_LOCAL_DIR/up.ini"
}

is_up()
{
	[ -s "$OPSCTL_LOCAL_DIR/up.ini" ]
}

system_start()
{
	OPSCTL_LOCAL_DIR=$work/system
	shown opsctl up --listen 127.0.0.1:0
	# Not through the function: $! would be a shell of its own, and the signal would end that alone.
	"$tree/cmd/opsctl/opsctl" --context local up --listen 127.0.0.1:0 --timeout 5m >"$work/up.out" 2>&1 &
	up_pid=$!
	for _ in $(seq 3000); do
		if is_up; then
			url=$(up_value url)
			note "ops-api at $url, ops-worker behind it, all in $OPSCTL_LOCAL_DIR"
			return
		fi
		kill -0 "$up_pid" 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/up.out"
	fail 'opsctl up did not start the system'
}

system_pids()
{
	up_value api-pid
	up_value worker-pid
}

system_restarts()
{
	grep -E 'kill|ready again' "$work/up.out"
}

system_stop()
{
	local status=0

	kill -TERM "$up_pid"
	wait "$up_pid" || status=$?
	up_pid=
	expect 'exit status of opsctl up after SIGTERM' "$status" 0
}

# On the way out, whatever state it is in.
system_kill()
{
	if [ -n "${up_pid:-}" ]; then
		kill -TERM "$up_pid" 2>/dev/null || true
		wait "$up_pid" || true
	fi
}

stored_lines()
{
	find "$OPSCTL_LOCAL_DIR/store" -name '.*' -prune -o -name '*.ndjson' -type f -print0 |
		xargs -0 cat
}

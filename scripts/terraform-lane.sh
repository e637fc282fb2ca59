# shellcheck shell=bash
#
# terraform-lane: the lane terraform of scripts/test, which sources it after terraform.sh. What
# needs nothing but an engine and the stand-in provider comes first, then what reads the states of
# the mocked tests, then the linters. What cannot be installed is skipped, by name.

# shellcheck disable=SC2154 # of scripts/test, setup.sh and terraform.sh
tf_results=${TERRAFORM_RESULTS:-$PWD/build/terraform}
export TERRAFORM_RESULTS=$tf_results # mocked.py looks there

# The directories whose security is scored.
scored_directories()
{
	tf_directories terraform/environments/prod terraform/examples
}

# ---- each directory ----

# Leaves log, test.jsonl and status in the directory's place below $tf_results. The schemas,
# which the state of every run repeats, are megabytes.
tf_run()
{
	local dir=$1 place=$tf_results/$1

	rm -rf "$place"
	mkdir -p "$place"
	{
		tf_validate "$place/data" "$dir" &&
			tf_in "$place/data" "$dir" test -json -verbose |
			jq -c 'del(.test_state.provider_schemas?, .test_plan?)' >"$place/test.jsonl"
	} >"$place/log" 2>&1
	echo $? >"$place/status"
}

# What a person wants to read of a run that failed.
tf_result()
{
	local place=$tf_results/$1

	cat "$place/log"
	jq -r 'select(.["@level"] == "error") | .["@testfile"] + " " + .["@testrun"] + ": " +
		(.diagnostic | "\(.summary): \(.detail) (\(.range.filename):\(.range.start.line))")' \
		"$place/test.jsonl"
	[ "$(cat "$place/status")" -eq 0 ] && [ "$(tf_runs "$1" 'pass')" -gt 0 ]
}

tf_runs()
{
	jq -r 'select(.type == "test_run") | .test_run.status // empty' \
		"$tf_results/$1/test.jsonl" 2>/dev/null | grep -cE "$2"
}

# As many at once as there are cores. Each run of a test counts, and the directory for itself.
tf_all()
{
	local dirs dir

	mapfile -t dirs < <(tf_directories terraform)
	for dir in "${dirs[@]}"; do
		[ "$(jobs -rp | wc -l)" -le "$(nproc)" ] || wait -n
		tf_run "$dir" &
	done
	for dir in $(jobs -rp); do
		[ "$dir" = "$stub_pid" ] || wait "$dir"
	done
	for dir in "${dirs[@]}"; do
		check "$dir" tf_result "$dir"
		passed=$((passed + $(tf_runs "$dir" pass)))
		failed=$((failed + $(tf_runs "$dir" 'fail|error')))
	done
}

# ---- what reads the mocked states ----

state_checks()
{
	local python=$terraform_dir/venv/bin/python
	local api=build/dev/svc/api/ops-api worker=build/dev/svc/worker/ops-worker

	export PYTHONDONTWRITEBYTECODE=1
	check 'states of distinct names' tests/terraform/distinct.py
	check 'no secret in a state' tests/terraform/leaks.py
	check 'rules for every state' tests/terraform/posture.py
	check 'scaling by the backlog' tests/terraform/backlog.py
	if check build make_programs build/dev; then
		check 'settings of the services' tests/terraform/settings.py "$api" "$worker"
		check 'opsctl reads the outputs' tests/terraform/outputs.py build/dev/cmd/opsctl/opsctl
		check 'opsctl may rotate' tests/terraform/rotator.py build/dev/cmd/opsctl/opsctl
		[ -z "$servers" ] || check 'programs under their roles' tests/terraform/programs.py \
			build/dev/tests/peers/aws_tool build/dev/cmd/opsctl/opsctl "$api" "$worker"
	fi
	[ -z "$servers" ] || check 'the backend of the state' tests/terraform/state.py
	if [ -n "$scanners" ]; then
		check 'container definitions' "$python" tests/terraform/containers.py
	fi
	[ -z "$iam_dir" ] || check 'IAM, all actions' tests/terraform/iam.py "$iam_dir"
}

# ---- linters ----

# In step with the inputs and outputs, each README that has tables.
docs_in_step()
{
	local readme status=0

	while read -r readme; do
		tf_docs --output-check "${readme%/*}" || status=1
	done < <(grep -lr --include=README.md BEGIN_TF_DOCS terraform)
	return $status
}

run_tflint()
{
	TFLINT_PLUGIN_DIR=$linters_dir/plugins TFLINT_DISABLE_VERSION_CHECK=1 \
		"$linters_dir/tflint" --chdir terraform --recursive \
		--config "$PWD/terraform/.tflint.hcl"
}

linter_checks()
{
	check tflint run_tflint
	check 'tables in step' docs_in_step
	check actionlint "$linters_dir/actionlint"
}

# checkov says 1 for findings, as we do, but hides what is in a file that it cannot read.
run_checkov()
{
	local dirs dir

	mapfile -t dirs < <(scored_directories)
	# One at a time: of several directories it reads the first again and again. And its expansion of
	# count and for_each loses the connections between resources.
	for dir in "${dirs[@]}"; do
		CHECKOV_ENABLE_FOREACH_HANDLING=false "$terraform_dir/venv/bin/checkov" \
			--directory="$dir" --config-file terraform/.checkov.yaml --output json
	done >"$tf_results/checkov.json"
	jq -rf tests/terraform/checkov.jq --slurp "$tf_results/checkov.json" |
		tee "$tf_results/checkov.txt"
	grep -q '; 0 failed, 0 files not read$' "$tf_results/checkov.txt"
}

scanner_checks()
{
	local bin=$terraform_dir/venv/bin

	check checkov run_checkov
	tail -n 1 "$tf_results/checkov.txt"
	check zizmor "$bin/zizmor" --offline --no-progress .github
	check hadolint xargs -r "$bin/hadolint" < <(git ls-files '*Dockerfile*')
}

# ---- the lane ----

# The test of the tests, with what tools there are.
planted_faults()
{
	local words=("engine=$TF")

	[ -z "$iam_dir" ] || words+=("simulator=$iam_dir")
	[ -z "$scanners" ] || words+=("scanners=$terraform_dir/venv/bin")
	[ -z "$linters" ] || words+=("linters=$linters_dir")
	[ ! -x build/dev/svc/worker/ops-worker ] ||
		words+=("api=$PWD/build/dev/svc/api/ops-api" "worker=$PWD/build/dev/svc/worker/ops-worker"
			"opsctl=$PWD/build/dev/cmd/opsctl/opsctl")
	tests/terraform/faults.py "${words[@]}"
}

lane_terraform()
{
	local scanners='' linters='' servers='' iam_dir=''

	if ! setup_terraform; then
		skip 'lane terraform: no engine, or no stand-in provider'
		return
	fi
	if setup_scanners; then scanners=yes; else skip 'checkov, zizmor, hadolint'; fi
	if setup_linters; then linters=yes; else skip 'tflint, terraform-docs, actionlint'; fi
	if setup_peers; then servers=yes; else skip 'programs and state on servers that judge'; fi
	setup_iam || skip 'IAM simulator'
	export TF
	rm -rf "$tf_results"
	mkdir -p "$tf_results"

	check 'the stand-in provider' "$stub_dir/tfstub.test"
	check format "$TF" fmt -check -diff -recursive terraform
	check 'the stand-in provider starts' stub_start terraform || return
	tf_all
	state_checks
	check 'planted faults' planted_faults
	stub_stop
	check 'scripts of the pipelines' tests/ci/pipelines.py
	check 'steps of the pipelines' tests/ci/workflows.py
	check 'pins of what is downloaded' tests/ci/pins.py
	[ -z "$linters" ] || linter_checks
	[ -z "$scanners" ] || scanner_checks
}

"""The admin port: probes and an exposition that Prometheus's own linter accepts."""
import pathlib
import re
import subprocess
import tempfile

from lib import Service, api, check, check_equal, flat, main, post

MANUALS = pathlib.Path(__file__).resolve().parents[2] / "man/man8"


def lint(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    check_equal((done.returncode, done.stdout + done.stderr), (0, ""), "promtool check metrics")


def check_manual(page, text):
    """Every metric of ours, with its help, in the order of the exposition."""
    listed = re.findall(r"^\.It Li (ops_\w+)[^\n]*\n(.*?)(?=^\.)", (MANUALS / page).read_text(), re.M | re.S)
    told = re.findall(r"^# HELP (ops_\w+) (.*)$", text, re.M)
    check_equal([(name, " ".join(body.split())) for name, body in listed],
                [(name, body.rstrip(".") + ".") for name, body in told], page)


def exposition():
    with api() as service:
        for path in ("/livez", "/readyz", "/health"):
            check_equal(service.admin(path)[0], 200, path)
        check_equal(service.admin("/nope")[0], 404, "unknown path")
        check_equal(service.admin("/metrics", "POST")[0], 405, "unknown method")
        for _ in range(3):
            check_equal(post(service, flat()).status, 200, "accepted")
        check_equal(post(service, flat(token="no")).status, 401, "wrong token")
        check_equal(post(service, "{").status, 400, "bad JSON")
        status, text, headers = service.admin("/metrics")
        check_equal((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"), "type")
        lint(text)
        check_manual("ops-api.8", text)
        check_equal(service.metric("ops_records_accepted_total"), 3, "accepted")
        check_equal(service.metric("ops_records_sent_total"), 3, "sent")
        for name in ("ops_build_info", "process_resident_memory_bytes", "ops_log_lines_total"):
            check(name in text, f"{name} is missing")
        check("my-secret-token" not in text, "the token is in the metrics")


def of_worker():
    with tempfile.TemporaryDirectory() as directory:
        service = Service("worker", directory, OPS_QUEUE=f"sqlite:{directory}/queue.db", OPS_LOG_FORMAT="json",
                          OPS_STORE=f"file:{directory}/store", OPS_ADMIN_LISTEN="127.0.0.1:0")
        text = service.admin("/metrics")[1]
        lint(text)
        check_manual("ops-worker.8", text)
        check_equal(service.end(), 0, "exit status")


main(exposition, of_worker)

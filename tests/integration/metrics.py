"""The admin port: probes and an exposition that Prometheus's own linter accepts."""
import subprocess

from lib import api, check, check_equal, flat, main, post, signed


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
        lint = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        check_equal((lint.returncode, lint.stdout + lint.stderr), (0, ""), "promtool check metrics")
        check_equal(service.metric("ops_records_accepted_total"), 3, "accepted")
        check_equal(service.metric("ops_records_sent_total"), 3, "sent")
        for name in ("ops_build_info", "process_resident_memory_bytes", "ops_log_lines_total"):
            check(name in text, f"{name} is missing")
        check("my-secret-token" not in text, "the token is in the metrics")


main(exposition)

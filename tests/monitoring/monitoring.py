"""Rules, dashboards and configuration of packaging/monitoring, held against the running services.

Prometheus runs with the very configuration that is shipped, but for the addresses of its targets
and shorter intervals; the queries of all dashboards and rules are asked of it.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from lib import Api, Service, check, check_equal, flat, main, post, wait_for
from ports import reserved_port

MONITORING = pathlib.Path(__file__).resolve().parents[2] / "packaging/monitoring"
PROMETHEUS = MONITORING / "prometheus"
# Names that are not ours, and what ops-api and ops-worker export only on AWS.
FOREIGN = re.compile(r"^(up|ALERTS)$")
ON_AWS = re.compile(r"^ops_aws_")
NAME = re.compile(r"\b(?:ops|process)_[a-z_]+\b|\bops:[a-z0-9_:]+")
VARIABLES = {"$job": ".*", "$instance": ".*", "$__rate_interval": "5s", "$__range": "1h"}


def read(path):
    return (MONITORING / path).read_text()


def dashboards():
    return {path.name: json.loads(path.read_text()) for path in sorted((MONITORING / "grafana/dashboards").glob("*.json"))}


def queries():
    """(dashboard, panel, expression) of every target."""
    return [(name, panel["title"], target["expr"]) for name, board in dashboards().items()
            for panel in board["panels"] for target in panel.get("targets", [])]


def rules():
    text = read("prometheus/rules/recording.yml")
    recorded = set(re.findall(r"- record: (\S+)", text))
    return recorded, text + read("prometheus/rules/alerts.yml")


def base_name(name):
    return re.sub(r"_(bucket|sum|count)$", "", name)


def run(*command, cwd=PROMETHEUS):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    check(done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout[-1500:]}{done.stderr[-1500:]}")


def own_tools():
    run(sys.executable, MONITORING / "grafana/make_dashboards.py", "--check")
    run("promtool", "check", "config", "prometheus.yml")
    run("promtool", "test", "rules", "tests/alerts.yml")
    run("amtool", "check-config", MONITORING / "alertmanager/alertmanager.yml")
    for severity, receiver in (("page", "pages"), ("ticket", "tickets")):
        routed = subprocess.run(["amtool", "config", "routes", "test", "--config.file",
                                 MONITORING / "alertmanager/alertmanager.yml", f"severity={severity}"],
                                capture_output=True, text=True)
        check_equal(routed.stdout.strip(), receiver, f"receiver of {severity}")


def every_alert_is_tested():
    alerts = re.findall(r"- alert: (\S+)", read("prometheus/rules/alerts.yml"))
    tested = read("prometheus/tests/alerts.yml")
    check(len(alerts) > 15, "alerts were read")
    for alert in alerts:
        check(f'alertname="{alert}",alertstate="firing"' in tested, f"alert {alert} has no test in which it fires")


def dashboards_are_whole():
    for name, board in dashboards().items():
        ids = [panel["id"] for panel in board["panels"]]
        check_equal(len(ids), len(set(ids)), f"{name}: ids of panels are unique")
        check_equal([v["name"] for v in board["templating"]["list"]], ["datasource", "job", "instance"], f"{name}: variables")
        for panel in board["panels"]:
            if panel["type"] == "row":
                continue
            check(panel["description"] and panel["fieldConfig"]["defaults"]["unit"] and panel["targets"],
                  f"{name}: {panel['title']}: description, unit, queries")
            check_equal(panel["datasource"]["uid"], "${datasource}", f"{name}: {panel['title']}: data source")
            for target in panel["targets"]:
                check("rate(" not in target["expr"] or "[$__rate_interval]" in target["expr"],
                      f"{name}: {panel['title']}: rate over $__rate_interval")


# ---- with the real services ----

class System:
    """ops-api, ops-worker and a Prometheus that scrapes them, in one directory."""

    def __init__(self, directory):
        self.api = Api(directory)
        self.worker = Service("worker", directory, OPS_QUEUE=f"sqlite:{directory}/queue.db",
                              OPS_STORE=f"file:{directory}/store", OPS_ADMIN_LISTEN="127.0.0.1:0", OPS_LOG_FORMAT="json")
        self.ports = {"api": self.api.port("admin"), "worker": self.worker.port("admin")}
        self.place = reserved_port()
        self.port = self.place.getsockname()[1]
        shutil.copytree(PROMETHEUS / "rules", directory / "rules")
        (directory / "prometheus.yml").write_text(self.configuration())
        with open(directory / "prometheus.log", "wb") as log:
            self.prometheus = subprocess.Popen(
                ["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/tsdb",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)
        wait_for(lambda: "Server is ready" in (directory / "prometheus.log").read_text(), "Prometheus is ready")

    def configuration(self):
        """The one that is shipped, with these addresses."""
        text = (PROMETHEUS / "prometheus.yml").read_text()
        for role, port in self.ports.items():
            pattern = rf"dns_sd_configs:\n      - names: \[{role}\.ops\.internal\]\n        type: A\n.*\n.*\n"
            text, n = re.subn(pattern, f"static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n", text)
            check_equal(n, 1, f"the target {role} was found in prometheus.yml")
        text = re.sub(r"alerting:\n(?:  .*\n)+", "", text)
        text = text.replace("localhost:9090", f"localhost:{self.port}")
        text, n = re.subn(r"_interval: 15s|_timeout: 10s", lambda m: m[0].split(":")[0] + ": 1s", text)
        check_equal(n, 3, "the intervals were found in prometheus.yml")
        return text

    def ask(self, expression):
        """The result of an instant query; raises with Prometheus' own words."""
        data = urllib.parse.urlencode({"query": expression}).encode()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query", data, timeout=10) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            if error.code == 503:  # it is still starting
                return []
            raise AssertionError(f"{expression}: {error.read().decode()}") from None
        except OSError:
            return []

    def end(self):
        self.prometheus.terminate()
        self.prometheus.wait()
        self.place.close()
        check_equal((self.api.end(), self.worker.end()), (0, 0), "the services end well")


def exported(system):
    names = set()
    for role in ("api", "worker"):
        with urllib.request.urlopen(f"http://127.0.0.1:{system.ports[role]}/metrics") as answer:
            names |= set(re.findall(r"^# TYPE (\S+)", answer.read().decode(), re.M))
    return names


def names_agree(system):
    recorded, text = rules()
    text += "\n".join(expr for _, _, expr in queries())
    used = {base_name(name) for name in NAME.findall(text)} - {base_name(name) for name in recorded}
    there = exported(system)
    for name in sorted(used):
        check(name in there or FOREIGN.match(name) or ON_AWS.match(name), f"{name} is asked for and not exported")
    for name in sorted(there - used):
        check(False, f"{name} is exported, and on no dashboard and in no rule")


def resolve(expression):
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    return expression


def ask_everything(system):
    """Each query is taken, and gives something where what it asks about is there."""
    quiet = re.compile(r"ALERTS|ratio_rate|p99_5m|ops:submit|histogram_quantile|_sum.*/|ops_aws_")
    for name, title, expression in queries():
        if quiet.search(expression):
            system.ask(resolve(expression))
        else:  # rates need a second scrape
            check(wait_for(lambda e=expression: system.ask(resolve(e)), f"{name}: {title}: {expression}"), title)


def real_prometheus():
    with tempfile.TemporaryDirectory(prefix="ops-monitoring-") as directory:
        system = System(pathlib.Path(directory))
        try:
            wait_for(lambda: len(system.ask('up{job=~"ops-.*"} == 1')) == 2, "Prometheus scrapes both")
            for _ in range(20):
                check_equal(post(system.api, flat()).status, 200, "submit")
            for name in ("accepted", "stored"):  # each is scraped when its turn comes
                wait_for(lambda: [r["value"][1] for r in system.ask(f"sum(ops_records_{name}_total)")] == ["20"],
                         f"20 records {name}, by Prometheus")
            ask_everything(system)
            names_agree(system)
            check_equal(system.ask('ALERTS{alertstate="firing"}'), [], "nothing fires on a healthy system")
        finally:
            system.end()


main(own_tools, every_alert_is_tested, dashboards_are_whole, real_prometheus)

#!/usr/bin/env python3
"""opsctl deploy --guard: canaries go through the system while it is changed, and lost ones change it back."""
import http.server
import re
import threading

from between import Between
from ecs_world import *


class Front(http.server.BaseHTTPRequestHandler):
    """An ops-api that accepts some, and refuses whatever comes then."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen += 1
        is_well = self.server.seen <= self.server.good
        body = json.dumps({"message": "", "id": self.headers["webhook-id"], "object": "2026/11/21/08/x.ndjson"}
                          if is_well else {"error": "no target"}).encode()
        self.send_response(200 if is_well else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Guarded(OnEcs):
    """Without a store: what was accepted is not looked for."""

    def front(self, good):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
        server.seen, server.good = 0, good
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(lambda: (server.shutdown(), server.server_close()))
        self.values.pop("store", None)
        self.context(url=f"http://127.0.0.1:{server.server_port}")
        return server

    def half_until(self, action, times=1):
        """ECS says STEADY once, HALF until it has been asked for that, and BACK."""
        looked, asked = [], []

        def answer(call):
            asked.extend([call.action] if call.action == action else [])
            if call.action != "DescribeServices":
                return None
            looked.append(STEADY if not looked else HALF if len(asked) < times else BACK)
            return 200, json.dumps({"services": looked[-1:]})

        self.env["AWS_ENDPOINT_URL_ECS"] = self.enterContext(Between({"": self.peers["moto"].url}, answer)).url

    def test_clients_notice(self):
        """ECS calls it healthy; the clients do not, and that counts."""
        self.front(good=5)
        self.half_until("StopServiceDeployment")
        self.answer("UpdateService", result={"service": HALF})
        self.rollout("IN_PROGRESS")
        self.answer("StopServiceDeployment", result={"serviceDeploymentArn": ROLLOUT_ARN})
        end = self.events(*DEPLOY, "--guard", "--guard-rate", "50", code=EXIT_ROLLED_BACK)[-1]
        self.assertEqual(end["outcome"], "rolled-back")
        self.assertGreater(end["guard"]["failed"], 2)
        self.assertIn("503", end["guard"]["first_failure"])
        self.assertIsNone(end["guard"]["stored"])
        self.assertEqual(self.calls("StopServiceDeployment")[0]["params"],
                         {"serviceDeploymentArn": ROLLOUT_ARN, "stopType": "ROLLBACK"})

    def test_nothing_to_stop(self):
        """Where ECS has no service deployment to stop, the service is changed back."""
        self.front(good=1)
        self.half_until("UpdateService", times=2)
        self.answer("UpdateService", result={"service": HALF})
        self.answer("ListServiceDeployments", result={"serviceDeployments": []})
        self.change(*DEPLOY, "--guard", "--guard-rate", "50", code=EXIT_ROLLED_BACK)
        self.assertTrue(self.calls("UpdateService")[-1]["params"]["taskDefinition"].endswith(":1"))

    def test_nothing_arrives(self):
        """Accepted is not stored: what the new tasks accepted and lost is a reason to go back, too."""
        store = self.values["store"]
        self.front(good=10 ** 6)
        self.context(store=store)
        self.story(HALF, DEPLOYED, BACK)
        end = self.events(*DEPLOY, "--guard", "--guard-wait", "500ms", code=EXIT_ROLLED_BACK)[-1]
        self.assertEqual((end["outcome"], end["guard"]["failed"], end["guard"]["stored"]), ("rolled-back", 0, 0))
        self.assertTrue(self.calls("UpdateService")[-1]["params"]["taskDefinition"].endswith(":1"))

    def test_some_may_fail(self):
        self.front(good=1)
        self.story(HALF, HALF, DEPLOYED)
        end = self.events(*DEPLOY, "--guard", "--guard-allow", "1000")[-1]
        self.assertEqual(end["outcome"], "deployed")

    def test_nothing_to_guard(self):
        """The image in use; an answer of ECS that the deployment in force is the one that was; nobody waits."""
        self.front(good=10 ** 6)
        for image in OLD, NEW:
            self.looks(STEADY)
            self.answer("UpdateService", result={"service": STEADY})
            deploy = ("deploy", "api", "--image", image, "--guard")
            self.assertIsNone(self.events(*deploy)[-1]["guard"])
            done = self.change(*deploy)
            self.assertIn("guard      nothing was changed, nothing was guarded\n", done.stdout)
            self.assertNotIn(" failed", done.stdout)
        self.forget()
        self.looks(STEADY)
        done = self.opsctl(*DEPLOY, "--guard", "--no-wait", "--yes")
        self.assertEqual(done.returncode, EXIT_USAGE, done.stderr)
        self.assertIn("--no-wait", done.stderr)
        self.assertEqual(self.calls("UpdateService"), [])

    def test_fails_already(self):
        """What fails before the change is not its fault: nothing is changed."""
        self.front(good=0)
        self.looks(STEADY)
        done = self.change(*DEPLOY, "--guard", code=EXIT_REMOTE)
        self.assertIn("nothing was changed", done.stderr)
        self.assertEqual(self.calls("UpdateService"), [])


class GuardedSystem(OnSystem, OnEcs):
    PEERS = ("elasticmq", "versitygw", "moto")

    def setUp(self):
        super().setUp()
        self.context(**{"cluster": "prod", "service.api.ecs": "prod-api", "service.api.container": "api"})

    def test_all_arrive(self):
        self.story(*[HALF] * 10, DEPLOYED)
        accepted = lambda: self.api.log.read_text().count('"token-accepted"')
        before, looks = accepted(), []

        def answer(call):
            """HALF until some are on their way."""
            if call.action != "DescribeServices":
                return None
            looks.append(STEADY if not looks else HALF if accepted() < before + 5 else DEPLOYED)
            return 200, json.dumps({"services": looks[-1:]})

        self.env["AWS_ENDPOINT_URL_ECS"] = self.enterContext(Between({"": self.peers["moto"].url}, answer)).url
        done = self.change(*DEPLOY, "--guard", "--guard-rate", "20", "--guard-wait", "5m")
        found = re.search(r"guard      0 of (\d+) failed, (\d+) of (\d+) stored\n", done.stdout)
        self.assertTrue(found, done.stdout)
        self.assertEqual(len({found[1], found[2], found[3]}), 1)
        self.assertGreater(int(found[1]), 3)


if __name__ == "__main__":
    lib.main()

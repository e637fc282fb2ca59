#!/usr/bin/env python3
"""What runs is noted where Terraform reads it, so that no apply takes a deployment or a rollback back."""
from ecs_world import *

PARAMETER = "/prod/images/api"
BEFORE = "written-by-terraform"
BY_HAND = (f"aws ssm put-parameter --name {PARAMETER} --type String --overwrite --value {REPOSITORY}@{NEW} "
           "--region us-east-1\n")


class Noted(OnEcs):
    def setUp(self):
        super().setUp()
        self.ssm = peers.client("ssm", self.peers["moto"].url)
        self.ssm.put_parameter(Name=PARAMETER, Value=BEFORE, Type="String", Overwrite=True)
        self.context(**{"service.api.image-parameter": PARAMETER})
        self.forget()

    def noted(self):
        return self.ssm.get_parameter(Name=PARAMETER)["Parameter"]["Value"]

    def test_deployed(self):
        self.story(DEPLOYED)
        self.assertIn(f"\nnoted      in {PARAMETER}\n", self.change(*DEPLOY).stdout)
        self.assertEqual(self.noted(), f"{REPOSITORY}@{NEW}")

    def test_taken_back_by_hand(self):
        """The image of the revision that was wanted."""
        revision = self.register(peers.client("ecs", self.peers["moto"].url), NEW).rpartition(":")[2]
        self.story(DEPLOYED)
        end = self.events("rollback", "api", "--to", revision)[-1]
        self.assertEqual((end["event"], end["outcome"], end["noted"]), ("end", "deployed", PARAMETER))
        self.assertEqual(self.noted(), f"{REPOSITORY}@{NEW}")

    def test_only_what_runs(self):
        """Taken back by ECS, not waited for, not meant, not changed, not asked for."""
        for name, args, after, code in (
                ("rolled back", DEPLOY, (BACK,), EXIT_ROLLED_BACK),
                ("no wait", [*DEPLOY, "--no-wait"], (HALF,), EXIT_IN_PROGRESS),
                ("dry run", [*DEPLOY, "--dry-run"], (), EXIT_OK),
                ("restart", ["restart", "api"], (DEPLOYED,), EXIT_OK)):
            with self.subTest(name):
                self.forget()
                self.story(*after)
                done = self.change(*args, code=code)
                self.assertNotIn("\nnoted ", done.stdout)
                self.assertEqual(self.calls("PutParameter"), [])
                self.assertEqual("aws ssm put-parameter" in done.stderr, name == "no wait", done.stderr)
        self.assertEqual(self.noted(), BEFORE)

    def test_made_up_for(self):
        """A run before this one deployed it, and was refused to note it."""
        image = f"{REPOSITORY}@{OLD}"
        for verb in (["deploy", "api", "--image", OLD], ["rollback", "api", "--to", "1"]):
            with self.subTest(verb[0]):
                self.ssm.put_parameter(Name=PARAMETER, Value=BEFORE, Type="String", Overwrite=True)
                self.forget()
                self.looks(STEADY)
                self.answer("UpdateService", result={"service": STEADY})
                plan = self.change(*verb, "--dry-run").stdout
                self.assertIn("prod-api:1 stays\n", plan)
                self.assertIn(f"  {PARAMETER}\n    - {BEFORE}\n    + {image}\n", plan)
                event, = self.events(*verb, "--dry-run")
                self.assertEqual(event["note"], {"parameter": PARAMETER, "from": BEFORE, "to": image})
                self.assertEqual(self.noted(), BEFORE)
                done = self.change(*verb)
                self.assertIn("nothing was changed", done.stdout)
                self.assertIn(f"\nnoted      in {PARAMETER}\n", done.stdout)
                self.assertEqual(self.noted(), image)
                end = self.events(*verb)[-1]  # and now nothing is due
                self.assertEqual((end["outcome"], end["noted"]), ("unchanged", None))
                self.assertEqual(len(self.calls("PutParameter")), 1)

    def test_made_up_for_at_once(self):
        """There is nothing to wait for; and it is planned."""
        self.looks(STEADY)
        command = ("deploy", "api", "--image", OLD, "--no-wait")
        planned = {c["operation"] for c in self.document(*command, "--plan")["calls"]}
        self.change(*command)
        self.assertEqual(self.noted(), f"{REPOSITORY}@{OLD}")
        self.assertEqual({c["action"] for c in self.calls()} - planned, set())

    def test_made(self):
        """The parameter is not there yet."""
        self.ssm.delete_parameter(Name=PARAMETER)
        self.looks(STEADY)
        plan, end = self.events("deploy", "api", "--image", OLD)
        self.assertEqual((plan["note"]["from"], end["noted"]), (None, PARAMETER))
        self.assertEqual(self.noted(), f"{REPOSITORY}@{OLD}")

    def test_not_made_up_for(self):
        """What is under way may end otherwise; what ended badly does not run."""
        for state in ("IN_PROGRESS", "FAILED"):
            with self.subTest(state):
                self.forget()
                self.looks(service(deployment(1, 1, state, running=1)))
                self.change("deploy", "api", "--image", OLD)
                self.assertEqual((self.noted(), self.calls("GetParameter")[:-1]), (BEFORE, []))

    def test_planned(self):
        """With another image nobody looks what is noted."""
        self.looks(STEADY)
        self.assertIn(f"  noted in {PARAMETER} when it runs\n", self.change(*DEPLOY, "--dry-run").stdout)
        self.assertEqual(self.calls("GetParameter"), [])

    def test_not_a_text(self):
        self.ssm.delete_parameter(Name=PARAMETER)
        self.ssm.put_parameter(Name=PARAMETER, Value=BEFORE, Type="SecureString")
        self.addCleanup(self.ssm.delete_parameter, Name=PARAMETER)
        self.looks(STEADY)
        done = self.opsctl("deploy", "api", "--image", OLD, "--yes")
        self.assertNotEqual(done.returncode, EXIT_OK)
        self.assertIn(f"parameter {PARAMETER} is a SecureString, not a String", done.stderr)

    def test_nowhere(self):
        self.context(**{"service.api.image-parameter": ""})
        self.story(DEPLOYED)
        self.change(*DEPLOY)
        self.assertEqual(self.calls("PutParameter"), [])

    def test_refused(self):
        """The deployment stands, and how to write it down is said."""
        self.story(DEPLOYED)
        self.answer("PutParameter", service="ssm", error={"code": "AccessDeniedException", "message": "no", "status": 400})
        done = self.change(*DEPLOY, code=EXIT_PERMISSION)
        self.assertIn("is deployed", done.stdout)
        self.assertIn("api runs, but is not noted", done.stderr)
        self.assertIn(BY_HAND, done.stderr)
        self.assertEqual(self.noted(), BEFORE)

    def test_left_for_later(self):
        """What goes on when the waiting ends may run yet."""
        self.story(HALF)
        self.assertIn(BY_HAND, self.change(*DEPLOY, "--timeout", "1s", code=EXIT_TIMED_OUT).stderr)
        self.forget()
        self.answer("DescribeServices", result={"services": [STEADY]}, times=1)
        self.answer("UpdateService", result={"service": HALF})
        self.answer("DescribeServices", error={"code": "ExpiredTokenException", "message": "no", "status": 400})
        self.assertIn(BY_HAND, self.change(*DEPLOY, code=EXIT_CREDENTIALS).stderr)
        self.assertEqual(self.noted(), BEFORE)

    def test_too_long_to_type(self):
        """Half of a command would write another value."""
        name = "/" + "x" * 140
        self.context(**{"service.api.image-parameter": name})
        self.story(DEPLOYED)
        self.answer("PutParameter", service="ssm", error={"code": "AccessDeniedException", "message": "no", "status": 400})
        done = self.change(*DEPLOY, code=EXIT_PERMISSION)
        self.assertNotIn("aws ssm", done.stderr)
        self.assertIn(f"write the image that runs into the parameter {name}", done.stderr)


if __name__ == "__main__":
    lib.main()

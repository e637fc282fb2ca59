"""For tests of commands that need a running system: the real services, under opsctl up."""
import atexit
import hashlib
import pathlib
import shutil
import sqlite3
import tempfile

from lib import *

# opsctl looks for the services beside itself.
PLACE = pathlib.Path(tempfile.mkdtemp(prefix="opsctl-programs-"))
atexit.register(shutil.rmtree, PLACE, ignore_errors=True)
for program in PROGRAMS:
    shutil.copy(program, PLACE / program.name)

PAYLOAD = '{"email_timestream":"1693561101","key":"value"}'
NOT_ACCEPTABLE = '{"key":"value"}'  # flat and without a time


UNUSED = []  # sockets: while they are bound, nobody else gets their ports


def unused_url():
    """Of a port that nobody listens on, now or later."""
    UNUSED.append(socket.socket())
    UNUSED[-1].bind(("127.0.0.1", 0))
    return f"http://127.0.0.1:{UNUSED[-1].getsockname()[1]}"


class SystemTest(Cli):
    """Each test has a system of its own, started with self.up()."""

    def setUp(self):
        super().setUp()
        self.opsctl_path = PLACE / PROGRAMS[0].name

    def up(self):
        up = Up(self)
        self.addCleanup(up.__exit__)
        return up

    def token(self):
        return (self.local / "token").read_text().strip()

    def file(self, name, text):
        path = self.home / name
        path.write_text(text)
        return str(path)

    def submit(self, *args, data=PAYLOAD, **more):
        """One payload; the document."""
        return self.document("submit", "-d", data, *args, **more)

    def other_context(self, name, **values):
        """A context of that name in contexts.ini; _ in a key stands for -."""
        self.contexts.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{key.replace('_', '-')} = {value}\n" for key, value in values.items()]
        self.contexts.write_text(f"[{name}]\n" + "".join(lines))
        self.contexts.chmod(0o600)
        return name

    # ---- the store, looked at without opsctl ----

    def objects(self):
        store = self.local / "store"
        return {str(p.relative_to(store)): p.read_bytes() for p in store.rglob("*.ndjson")
                if not any(part.startswith(".") for part in p.relative_to(store).parts)}

    def records(self):
        return [json.loads(line) for body in self.objects().values() for line in body.splitlines()]

    def ids(self):
        return sorted(r["id"] for r in self.records())

    # ---- the queue, changed behind the services' back ----

    def database(self):
        database = sqlite3.connect(self.local / "queue.db", timeout=LIMIT_S)
        self.addCleanup(database.close)
        return database

    def bury(self, *changes):
        """Dead letters, one for each: submitted, but the worker stands still, and what is in
        the queue is changed by an SQL expression for the body (None: as it is). Nothing runs
        afterwards. Their ids."""
        up = self.up()
        freeze(up.ready["worker_pid"])
        for _ in changes:
            self.submit()
        up.process.kill()
        up.process.wait(LIMIT_S)
        for key in ("worker_pid", "api_pid"):
            wait_until(lambda: not is_alive(up.ready[key]), f"{key} is gone")
        with self.database() as database:
            ids = [row[0] for row in database.execute("SELECT id FROM message ORDER BY id")]
            self.assertEqual(len(ids), len(changes))
            for row, change in zip(ids, changes):
                if change:
                    database.execute(f"UPDATE message SET body = {change} WHERE id = ?", (row,))
                database.execute("INSERT INTO dead (id, receive_count) VALUES (?, 5)", (row,))
            database.execute("DELETE FROM lease")
            database.execute("UPDATE state SET received_to = ?", (ids[-1],))
        database.close()
        return [letter["id"] for letter in self.document("dlq", "ls")["letters"]]
